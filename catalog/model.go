package catalog

import (
	"cmp"
	"slices"
	"time"

	"aibms/learners"
	"aibms/learners/feature"
	"aibms/learners/params"
)

// Status is the state of a version.
type Status string

const (
	Training    Status = "TRAINING"    // a TRAIN statement is at work on it
	Ready       Status = "READY"       // can predict and be deployed
	Failed      Status = "FAILED"      // TRAIN ended with an error
	Interrupted Status = "INTERRUPTED" // TRAIN was killed, or the server ended before it did
	Corrupt     Status = "CORRUPT"     // the stored artifact does not match its hash
)

// Statuses are all of them.
var Statuses = []Status{Training, Ready, Failed, Interrupted, Corrupt}

// Model is a named model of one database: what CREATE MODEL declared, its versions and what happened to them. A Model belongs to a Snapshot: it and all
// that it points to is immutable; nothing in it may be changed by a reader.
type Model struct {
	ID          int64 // never used again, also not for a later model of the same name
	Database    string
	Name        string // as it was written, in Unicode NFC
	Definition  string // the canonical CREATE MODEL statement
	SQLMode     string // in which the SELECT of the definition is read: that of the session that declared it
	Comment     string
	Threshold   *float64 // set by ALTER MODEL; nil: the learner's own rule
	LastVersion int64    // the highest number ever given to a version; 0 before the first TRAIN
	CreatedBy   string
	CreatedAt   time.Time
	UpdatedAt   time.Time     // of the last change of the declaration
	Versions    []*Version    // ascending
	Aliases     []Alias       // in the order of their folded names
	Deployments []*Deployment // oldest first; the last one says what is deployed
}

// Alias is a movable name of a version.
type Alias struct {
	Name    string
	Version int64
	SetBy   string
	SetAt   time.Time
}

// Action is what a Deployment did.
type Action string

const (
	ActionDeploy   Action = "DEPLOY"
	ActionRollback Action = "ROLLBACK"
	ActionUndeploy Action = "UNDEPLOY"
	ActionDrop     Action = "DROP" // the model was dropped while a version was deployed
)

// Deployment is one event of the append-only history of what PREDICT answers with.
type Deployment struct {
	ID       int64 // sequence over all models: the order of events, whatever the clock did
	Action   Action
	Version  int64 // deployed since this event; 0: none
	Previous int64 // deployed before it; 0: none
	Reason   string
	By       string
	At       time.Time
}

// Version is one training of a model. All but Status and Reason stays as TRAIN left it.
type Version struct {
	ModelID       int64
	Number        int64 // 1, 2, 3 ... in the order of BeginVersion; never used again
	Status        Status
	Reason        string // why FAILED, INTERRUPTED or CORRUPT
	Learner       string
	Task          learners.Task
	Targets       []Target
	Definition    string    // the canonical CREATE MODEL statement that was trained
	Query         string    // the query that gave the training rows
	SQLMode       string    // in which Query is read
	Data          []DataPin // the exact data that was read, one for each database
	DataHash      string    // of the rows that were read
	Seed          uint64
	EngineVersion string
	Rows          RowCounts
	Headline      Headline
	ArtifactHash  string // SHA-256, lower-case hexadecimal; empty unless READY or CORRUPT
	ArtifactBytes int64
	Duration      time.Duration // whole milliseconds; 0 while TRAINING
	Warnings      []string
	WarmFrom      int64 // version that the learner went on from; 0: it began anew
	Comment       string
	StartedBy     string
	StartedAt     time.Time
	FinishedAt    time.Time // zero while TRAINING
	Settings      []Setting
	Inputs        []Input
	Features      []Feature
	Metrics       []Metric
}

// Target is a predicted column.
type Target struct {
	Name    string
	SQLType string // as MySQL prints it: tinyint(1), varchar(20) ...
}

// DataPin is the state of one database that TRAIN read. Whoever trains holds the data with a ref and releases it when the version is dropped.
type DataPin struct {
	Database string
	Branch   string
	Commit   string // hash; AS OF takes it
	Ref      string // the ref that keeps the commit from being collected; empty: none is needed
}

// RowCounts counts the rows of a training query by where they went.
type RowCounts struct{ Train, Validate, Test, Dropped int64 }

// Headline is the one metric by which versions are told apart.
type Headline struct {
	Metric   string  // empty: none
	Dataset  string  // TEST, VALIDATE or TRAIN
	Value    float64 // NaN: unknown
	Baseline float64 // NaN: unknown
}

// Setting is a hyper-parameter or other setting of a version, and whether it came from the USER, by DEFAULT or was TUNED.
type Setting = params.Setting

// Input is a column that the model reads, in the order of PREDICT's positional arguments.
type Input struct {
	Name    string
	SQLType string // as MySQL prints it
}

// Feature is one entry of the fitted pipeline, as the pipeline describes itself.
type Feature struct {
	feature.Info
	Source string // USER: written in TRANSFORM; AUTO: by rule
}

// Metric is one measured value. NaN stands for a value that does not exist; infinities become NaN when stored.
type Metric struct {
	Dataset        string // TEST, VALIDATE or TRAIN
	Slice          string // empty: all rows
	Metric         string
	Value          float64
	CILow, CIHigh  float64
	Baseline       float64
	RowCount       int64
	HigherIsBetter bool
}

// Version returns the version of that number.
func (m *Model) Version(number int64) (*Version, bool) {
	i, ok := slices.BinarySearchFunc(m.Versions, number, func(v *Version, n int64) int { return cmp.Compare(v.Number, n) })
	if !ok {
		return nil, false
	}
	return m.Versions[i], true
}

// Deployed is the number of the deployed version, 0 when there is none. Its status may be CORRUPT by now.
func (m *Model) Deployed() int64 {
	if len(m.Deployments) == 0 {
		return 0
	}
	return m.Deployments[len(m.Deployments)-1].Version
}

// Alias returns the version that an alias points to.
func (m *Model) Alias(name string) (int64, bool) {
	for _, a := range m.Aliases {
		if sameName(a.Name, name) {
			return a.Version, true
		}
	}
	return 0, false
}

// NewestReady is the READY version with the highest number, nil when there is none.
func (m *Model) NewestReady() *Version {
	for i := len(m.Versions) - 1; i >= 0; i-- {
		if m.Versions[i].Status == Ready {
			return m.Versions[i]
		}
	}
	return nil
}
