package catalog

import (
	"cmp"
	"errors"
	"maps"
	"slices"

	"aibms/learners/params"
)

// Snapshot is the whole catalog at one moment. It is immutable and safe for concurrent use. A statement takes one and keeps to it, so that it uses one
// version of each model throughout.
type Snapshot struct {
	epoch       uint64
	models      []*Model          // by key
	byName      map[string]*Model // by key
	byID        map[int64]*Model
	lastModelID int64 // ever given
	lastEventID int64 // ever given
}

// Epoch grows with every published change. It counts within one process.
func (s *Snapshot) Epoch() uint64 { return s.epoch }

// Model finds a model by name, case-insensitive.
func (s *Snapshot) Model(database, name string) (*Model, bool) {
	m, ok := s.byName[key(database, name)]
	return m, ok
}

// ModelByID finds a model by its id, which stays the same when the model is renamed.
func (s *Snapshot) ModelByID(id int64) (*Model, bool) {
	m, ok := s.byID[id]
	return m, ok
}

// Models lists the models of a database in the order of their names; of all databases when database is "". The caller owns the slice.
func (s *Snapshot) Models(database string) []*Model {
	var found []*Model
	for _, m := range s.models {
		if database == "" || sameName(m.Database, database) {
			found = append(found, m)
		}
	}
	return found
}

// Pins lists the data that versions hold on to, model by model. A ref of the server that is not among them is a left-over of a training that a
// crash ended and may be released.
func (s *Snapshot) Pins() []DataPin {
	var pins []DataPin
	for _, m := range s.models {
		for _, v := range m.Versions {
			pins = append(pins, v.Data...)
		}
	}
	return pins
}

// Lookup is Model for a reference; an unqualified one belongs to defaultDatabase. The error wraps ErrNoDatabase or ErrNoModel.
func (s *Snapshot) Lookup(ref Ref, defaultDatabase string) (*Model, error) {
	database := cmp.Or(ref.Database, defaultDatabase)
	if database == "" {
		return nil, faultf(ErrNoDatabase, "no database selected; write '<database>.%s', or USE a database first", ref)
	}
	return s.find(database, ref.Name)
}

func (s *Snapshot) find(database, name string) (*Model, error) {
	m, ok := s.Model(database, name)
	if !ok {
		return nil, faultf(ErrNoModel, "model %s does not exist; SHOW MODELS lists the models of a database", sqlName(database, clipName(name)))
	}
	return m, nil
}

// Suggest adds to an ErrNoModel the model that a misspelt name is near to, of those that whoever asks may know of.
func (s *Snapshot) Suggest(err error, database, name string, may func(*Model) bool) error {
	if !errors.Is(err, ErrNoModel) {
		return err
	}
	var names []string
	for _, m := range s.Models(database) {
		if may(m) {
			names = append(names, m.Name)
		}
	}
	if near := params.Nearest(clipName(name), names); near != "" {
		return faultf(ErrNoModel, "%v; did you mean %s?", err, sqlName(database, near))
	}
	return err
}

// Resolve finds the model and the version that a reference means: the version or alias given, else the deployed one; never "the latest". The version
// is READY when err is nil. Else err wraps ErrNoDatabase, ErrNoModel, ErrNoVersion, ErrNoAlias, ErrNotDeployed, or ErrNotReady, with which the model and
// version are returned all the same.
func (s *Snapshot) Resolve(ref Ref, defaultDatabase string) (*Model, *Version, error) {
	m, err := s.Lookup(ref, defaultDatabase)
	if err != nil {
		return nil, nil, err
	}
	number := ref.Version
	switch {
	case number != 0:
	case ref.Alias != "":
		if number, err = m.findAlias(ref.Alias); err != nil {
			return nil, nil, err
		}
	default:
		if number = m.Deployed(); number == 0 {
			return nil, nil, m.notDeployed()
		}
	}
	v, err := m.find(number)
	if err != nil {
		return nil, nil, err
	}
	if v.Status != Ready {
		return m, v, m.notReady(v, "predict")
	}
	return m, v, nil
}

// with returns a snapshot in which m is new or takes the place of the model with its id.
func (s *Snapshot) with(m *Model) *Snapshot {
	next := s.without(m.ID)
	next.lastModelID = max(next.lastModelID, m.ID)
	if n := len(m.Deployments); n > 0 {
		next.lastEventID = max(next.lastEventID, m.Deployments[n-1].ID)
	}
	k := key(m.Database, m.Name)
	at, _ := slices.BinarySearchFunc(next.models, k, func(m *Model, k string) int { return cmp.Compare(key(m.Database, m.Name), k) })
	next.models = slices.Insert(next.models, at, m)
	next.byName[k] = m
	next.byID[m.ID] = m
	return next
}

// without returns a snapshot that lacks the model with that id.
func (s *Snapshot) without(id int64) *Snapshot {
	next := &Snapshot{epoch: s.epoch + 1, byName: maps.Clone(s.byName), byID: maps.Clone(s.byID), lastModelID: s.lastModelID, lastEventID: s.lastEventID}
	next.models = make([]*Model, 0, len(s.models)+1)
	for _, m := range s.models {
		if m.ID != id {
			next.models = append(next.models, m)
		}
	}
	if m, ok := s.byID[id]; ok {
		delete(next.byName, key(m.Database, m.Name))
		delete(next.byID, id)
	}
	return next
}

// users counts the versions that use an artifact, beside the one given.
func (s *Snapshot) users(hash string, besideModel, besideVersion int64) int {
	n := 0
	for _, m := range s.models {
		for _, v := range m.Versions {
			if v.ArtifactHash == hash && !(m.ID == besideModel && (v.Number == besideVersion || besideVersion == 0)) {
				n++
			}
		}
	}
	return n
}
