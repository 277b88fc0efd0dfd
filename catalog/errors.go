package catalog

import (
	"errors"
	"fmt"
)

// What can go wrong. The errors that methods return wrap one of these and say which model, which version and what to type instead.
var (
	// ErrName is returned when a name of a model or alias, or a reference, is not well formed.
	ErrName = errors.New("name is not valid")
	// ErrNoDatabase is returned when a reference names no database and there is no current one.
	ErrNoDatabase = errors.New("no database selected")
	// ErrNoModel is returned when there is no model of that name.
	ErrNoModel = errors.New("model does not exist")
	// ErrModelExists is returned when a name is taken.
	ErrModelExists = errors.New("model exists already")
	// ErrNoVersion is returned when a model has no version of that number.
	ErrNoVersion = errors.New("version does not exist")
	// ErrNotReady is returned when a version cannot predict: its status is not READY.
	ErrNotReady = errors.New("version is not ready")
	// ErrTraining is returned when a version or model cannot be dropped because TRAIN is at work on it.
	ErrTraining = errors.New("version is in training")
	// ErrNotTraining is returned when a version that is to be finished is not in training any more.
	ErrNotTraining = errors.New("version is not in training")
	// ErrDeployed is returned when a version or model cannot be dropped because it is deployed.
	ErrDeployed = errors.New("version is deployed")
	// ErrNotDeployed is returned when no version of the model is deployed.
	ErrNotDeployed = errors.New("no version is deployed")
	// ErrNoPrevious is returned when there is no earlier deployment to go back to.
	ErrNoPrevious = errors.New("no previous deployment")
	// ErrNoAlias is returned when a model has no alias of that name.
	ErrNoAlias = errors.New("alias does not exist")
	// ErrAliased is returned when a version cannot be dropped because an alias points to it.
	ErrAliased = errors.New("version has an alias")
	// ErrNoArtifact is returned when no version has the artifact that was asked for.
	ErrNoArtifact = errors.New("artifact does not exist")
	// ErrArtifactTooBig is returned when an artifact is larger than MaxArtifactBytes.
	ErrArtifactTooBig = errors.New("artifact is too big")
	// ErrCorrupt is returned when stored parts of an artifact are missing or do not match its hash.
	ErrCorrupt = errors.New("artifact is damaged")
	// ErrNewerSchema is returned by Open when the tables were written by a newer release.
	ErrNewerSchema = errors.New("catalog was written by a newer release")
)

// fault is an error of one of the kinds above with a text of its own.
type fault struct {
	kind error
	text string
}

func (e *fault) Error() string { return e.text }
func (e *fault) Unwrap() error { return e.kind }

func faultf(kind error, format string, args ...any) error {
	return &fault{kind, fmt.Sprintf(format, args...)}
}
