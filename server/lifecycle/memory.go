package lifecycle

import (
	"fmt"

	"aibms/learners"
	"aibms/learners/feature"
	"aibms/learners/split"
)

// memoryLimit is how many bytes one training may hold, with words for who is told that it is too little: what says so, and how it becomes more.
type memoryLimit struct {
	bytes int64 // 0: no limit
	words string
}

// memoryLimit of a definition: that of WITH (max_memory = ...), else that of the server.
func (s *Service) memoryLimit(o Options) memoryLimit {
	if o.MaxMemory > 0 {
		return memoryLimit{o.MaxMemory, fmt.Sprintf("than WITH (max_memory = '%s') allows; raise it", FormatBytes(o.MaxMemory))}
	}
	return memoryLimit{s.MaxMemory, fmt.Sprintf("than the %s that the server gives one training; give it more by WITH (max_memory = '...')", megabytes(s.MaxMemory))}
}

// megabytes writes a number of bytes for a reader: 12.3 GB, 512 MB, 100 bytes.
func megabytes(n int64) string {
	switch {
	case n >= 10<<30:
		return fmt.Sprintf("%d GB", n>>30)
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%d MB", n>>20)
	}
	return fmt.Sprintf("%d bytes", n)
}

// bytesPerNumber is what a number takes in a matrix.
const bytesPerNumber = 8

// checkMemory refuses a training that would hold more than the limit, before its features are made, and returns how much of the limit is left for the learner beside the rows; 0: no limit. The learner sees the
// training and the validation rows, as the features of the pipeline; where it does not say what it needs, only the rows count.
func (d *Definition) checkMemory(p *prepared, learner learners.Learner, pipeline *feature.Pipeline) (left int64, err error) {
	features := len(pipeline.Features())
	limit := d.memory
	if limit.bytes == 0 {
		return 0, nil
	}
	rows := int64(p.table.Data.Rows)
	made := rows * int64(features) * bytesPerNumber
	if made > limit.bytes {
		return 0, Errorf(ErrTooLarge, "%d feature columns of %d rows need %s, more %s, read fewer rows, or make fewer columns, as with ONE_HOT(x, 20)", features, rows, megabytes(made), limit.words)
	}
	held := made + p.table.bytes()
	estimator, ok := learner.(learners.MemoryEstimator)
	if !ok {
		return max(1, limit.bytes-held), nil
	}
	shape := learners.Shape{Features: features, Classes: len(p.classes), Categories: pipeline.Categories()}
	for _, part := range p.parts {
		if part == split.Train || part == split.Validate {
			shape.Rows++
		}
	}
	if p.task == learners.Regression {
		shape.Targets = max(1, len(p.targets))
	}
	if d.warm != nil {
		shape.First = d.warm.Model
	}
	need := estimator.MemoryNeeded(shape)
	if need+held > limit.bytes {
		return 0, Errorf(ErrTooLarge, "learner %s needs up to %s to learn from %d rows of %d features, beside %s for the rows themselves: more %s, read fewer rows or columns, or bound what the learner holds (SHOW LEARNERS, aibms.learner_params)",
			d.Learner.Name, megabytes(need), shape.Rows, features, megabytes(held), limit.words)
	}
	return limit.bytes - held, nil
}

// bytes is what the columns of the table hold.
func (t *Table) bytes() int64 {
	sum := int64(0)
	for i := range t.Data.Columns {
		c := &t.Data.Columns[i]
		sum += int64(len(c.Num))*8 + int64(len(c.Codes))*4
	}
	return sum
}
