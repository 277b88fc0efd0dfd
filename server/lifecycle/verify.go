package lifecycle

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"aibms/catalog"
	"aibms/learners/params"
	"aibms/server/mlsql"
)

// Verification is the outcome of VERIFY.
type Verification struct {
	DataSame  bool // the recorded data, read again, has the recorded hash
	Identical bool // training again gives the same bytes
	Recorded  string
	Retrained string
	Duration  time.Duration
}

// Verify trains a version again from its recorded data, definition, settings and seed, and compares the artifacts. It changes nothing.
func (s *Service) Verify(ctx context.Context, m *catalog.Model, v *catalog.Version, progress Progress) (*Verification, error) {
	c, err := parseDefinition(v.Definition)
	if err != nil {
		return nil, err
	}
	started := time.Now()
	session, release, err := s.Reader.Privileged(ctx, "VERIFY MODEL "+m.Name)
	if err != nil {
		return nil, err
	}
	defer release()
	d, err := s.resolvePinned(session, c, m.Database, v)
	if err != nil {
		return nil, err
	}
	d.Given = d.recorded(v.Settings)
	if v.WarmFrom > 0 {
		first, ok := m.Version(v.WarmFrom)
		if !ok || first.Status != catalog.Ready {
			return nil, Errorf(ErrChanged, "version %d went on from version %d, which is no longer there to begin from", v.Number, v.WarmFrom)
		}
		if d.warm, err = s.Predictors.Get(ctx, m, first); err != nil {
			return nil, err
		}
	}
	result, err := s.fit(session, d, d.Source, progress)
	if err != nil {
		return nil, err
	}
	stored, err := s.Catalog.Artifact(ctx, v.ArtifactHash)
	if err != nil {
		return nil, err
	}
	return &Verification{DataSame: result.DataHash == v.DataHash, Identical: bytes.Equal(stored, result.Artifact), Recorded: v.ArtifactHash,
		Retrained: hashOf(result.Artifact), Duration: time.Since(started).Round(time.Millisecond)}, nil
}

// recorded are the hyper-parameters among the settings of a version: a default may have changed since.
func (d *Definition) recorded(settings []catalog.Setting) []params.Setting {
	var set params.Set
	d.Learner.New().Declare(&set)
	var out []params.Setting
	for _, x := range settings {
		if set.Lookup(x.Name) != nil {
			out = append(out, x)
		}
	}
	return out
}

// resolvePinned resolves a version's definition against the data that it learned from. ctx carries a session with all rights.
func (s *Service) resolvePinned(ctx context.Context, c *mlsql.CreateModel, database string, v *catalog.Version) (*Definition, error) {
	pinned := *s
	pinned.Reader = pinnedReader{s.Reader, v.Data}
	d, err := pinned.Resolve(ctx, c, database, &v.SQLMode)
	if err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, Errorf(ErrChanged, "the data that version %d learned from cannot be read again: %v", v.Number, err)
	}
	d.Source.Pins, d.Source.AsOf = v.Data, ""
	return d, nil
}

// pinnedReader reads every source from pinned commits.
type pinnedReader struct {
	Reader
	pins []DataPin
}

func (p pinnedReader) Shape(ctx context.Context, s Source) (*Shape, error) {
	s.Pins, s.AsOf = p.pins, ""
	return p.Reader.Shape(ctx, s)
}

// hashOf is how the catalog names an artifact.
func hashOf(artifact []byte) string {
	sum := sha256.Sum256(artifact)
	return hex.EncodeToString(sum[:])
}
