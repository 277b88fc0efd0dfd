// Package sqlerr is THE TABLE from the errors of our packages to MySQL's error numbers and SQLSTATEs.
package sqlerr

import (
	"context"
	"errors"
	"fmt"

	"github.com/dolthub/vitess/go/mysql"

	"aibms/catalog"
	"aibms/internal/safego"
	"aibms/learners/artifact"
	"aibms/server/lifecycle"
	"aibms/server/mlsql"
)

// Code is a MySQL error number with its SQLSTATE. Numbers from 30001 on are our own; their SQLSTATE is that of user-defined conditions.
type Code struct {
	Number int
	State  string
}

var (
	SyntaxError     = Code{1064, "42000"}
	UnknownColumn   = Code{1054, "42S22"}
	NoDatabase      = Code{1046, "3D000"}
	WrongArguments  = Code{1210, "HY000"}
	NotSupported    = Code{1235, "42000"}
	DatabaseDenied  = Code{1044, "42000"}
	TableDenied     = Code{1142, "42000"}
	ModelDenied     = Code{1370, "42000"}
	ModelMissing    = Code{1305, "42000"} // as for a stored routine that does not exist
	ModelExists     = Code{1304, "42000"}
	WrongName       = Code{1102, "42000"}
	Shutdown        = Code{1053, "08S01"}
	Interrupted     = Code{1317, "70100"}
	TimeOver        = Code{3024, "HY000"}
	TooLarge        = Code{1114, "HY000"}
	NeedReprepare   = Code{1615, "HY000"}
	InternalError   = Code{1815, "HY000"}
	TableExists     = Code{1050, "42S01"}
	TrainingFailed  = Code{30001, "45000"}
	NotDeployed     = Code{30002, "45000"}
	VersionMissing  = Code{30003, "45000"}
	VersionNotReady = Code{30004, "45000"}
	VersionInUse    = Code{30005, "45000"}
	ArtifactDamaged = Code{30006, "45000"}
	FeatureMismatch = Code{30007, "45000"}
	DataGone        = Code{30008, "45000"}

	// Note is the number of warnings that only inform.
	Note = Code{1642, "01000"}
)

// kinds is THE TABLE from the errors of our packages to MySQL's numbers.
var kinds = []struct {
	kind error
	code Code
}{
	{catalog.ErrName, WrongName},
	{catalog.ErrNoDatabase, NoDatabase},
	{catalog.ErrNoModel, ModelMissing},
	{catalog.ErrModelExists, ModelExists},
	{catalog.ErrNoVersion, VersionMissing},
	{catalog.ErrNoAlias, VersionMissing},
	{catalog.ErrNoPrevious, VersionMissing},
	{catalog.ErrNotReady, VersionNotReady},
	{catalog.ErrNotTraining, VersionNotReady},
	{catalog.ErrTraining, VersionInUse},
	{catalog.ErrDeployed, VersionInUse},
	{catalog.ErrAliased, VersionInUse},
	{catalog.ErrNotDeployed, NotDeployed},
	{catalog.ErrCorrupt, ArtifactDamaged},
	{catalog.ErrNoArtifact, ArtifactDamaged},
	{catalog.ErrArtifactTooBig, TooLarge},
	{artifact.ErrCorrupt, ArtifactDamaged},
	{artifact.ErrNewer, ArtifactDamaged},
	{lifecycle.ErrDefinition, WrongArguments},
	{lifecycle.ErrColumn, UnknownColumn},
	{lifecycle.ErrData, TrainingFailed},
	{lifecycle.ErrMismatch, FeatureMismatch},
	{lifecycle.ErrTime, TimeOver},
	{lifecycle.ErrChanged, DataGone},
	{lifecycle.ErrTooLarge, TooLarge},
	{context.Canceled, Interrupted},
	{context.DeadlineExceeded, TimeOver},
}

// Map gives an error of our packages its MySQL number and SQLSTATE; errors of the SQL engine pass as they are, and are mapped on the wire.
func Map(err error) error {
	var done *mysql.SQLError
	if err == nil || errors.As(err, &done) {
		return err
	}
	var syntax *mlsql.SyntaxError
	if errors.As(err, &syntax) {
		return Errorf(SyntaxError, "%v", err)
	}
	var later *mlsql.NotInThisRelease
	if errors.As(err, &later) {
		return Errorf(NotSupported, "%v", err)
	}
	var p *safego.PanicError
	if errors.As(err, &p) {
		return Errorf(InternalError, "%v; the server goes on, its log has the details", p)
	}
	for _, k := range kinds {
		if errors.Is(err, k.kind) {
			if k.code == Interrupted {
				return Errorf(Interrupted, "Query execution was interrupted")
			}
			return Errorf(k.code, "%v", err)
		}
	}
	return err
}

// Errorf makes an error with a code.
func Errorf(c Code, format string, args ...any) error {
	return mysql.NewSQLError(c.Number, c.State, "%s", fmt.Sprintf(format, args...))
}
