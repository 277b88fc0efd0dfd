package lifecycle

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"aibms/catalog"
	"aibms/learners"
	"aibms/learners/params"
	"aibms/server/mlsql"
)

// Options are the settings of WITH (...): how to train, not what to learn.
type Options struct {
	Seed      uint64        // of the split and the learner
	Positive  string        // the positive class; "" is the last one
	Task      learners.Task // of a learner that does several things without a target; "" is the first of them
	MaxTime   time.Duration // of a TRAIN; 0 is no limit
	MaxMemory int64         // bytes that a training may hold: its rows, their features, and what the learner needs; 0 is what the server gives
	MaxRows   int64         // of the source; 0 is no limit
}

// option declares one setting of WITH, once: its name, how it is written, what it means, how it is read and what it is when it is not given.
type option struct {
	name, value, doc string
	set              func(o *Options, text string) error
	show             func(o *Options) string // "": there is nothing to show
}

var options = []option{
	{"seed", "n", "seed of the split and of the learner, a whole number from 0 up; 0 by default", func(o *Options, text string) (err error) {
		o.Seed, err = strconv.ParseUint(text, 10, 64)
		return err
	}, func(o *Options) string { return strconv.FormatUint(o.Seed, 10) }},
	{"positive", "'class'", "the positive class of two; the last one by default", func(o *Options, text string) error {
		o.Positive = text
		return nil
	}, func(o *Options) string { return o.Positive }},
	{"task", "'clustering'", "what to learn, of a learner that can do more than one thing without a target; the first that SHOW LEARNERS lists by default", func(o *Options, text string) error {
		o.Task = learners.Task(strings.ToLower(text))
		return nil
	}, func(o *Options) string { return string(o.Task) }},
	{"max_time", "'10m'", "longest time that a TRAIN may take, above 0, in seconds or as '90s', '1h30m', '2d'; no limit by default", func(o *Options, text string) (err error) {
		o.MaxTime, err = params.ParseDuration(text)
		return err
	}, func(o *Options) string {
		if o.MaxTime == 0 {
			return ""
		}
		return o.MaxTime.String()
	}},
	{"max_memory", "'2G'", "most memory for a training, above 0, in bytes or with K, M, G or T; by default what the server gives", func(o *Options, text string) (err error) {
		o.MaxMemory, err = parseBytes(text)
		return err
	}, func(o *Options) string {
		if o.MaxMemory == 0 {
			return ""
		}
		return FormatBytes(o.MaxMemory)
	}},
	{"max_rows", "n", "most rows of the source, 1 or more; no limit by default", func(o *Options, text string) (err error) {
		o.MaxRows, err = strconv.ParseInt(text, 10, 64)
		if err == nil && o.MaxRows < 1 {
			err = fmt.Errorf("it must be >= 1")
		}
		return err
	}, func(o *Options) string {
		if o.MaxRows == 0 {
			return ""
		}
		return strconv.FormatInt(o.MaxRows, 10)
	}},
}

func (d *Definition) resolveOptions() error {
	d.Options = Options{}
	for _, s := range d.Statement.With {
		text, err := settingText(s)
		if err != nil {
			return Errorf(ErrDefinition, "WITH: %v", err)
		}
		found := false
		for _, o := range options {
			if !strings.EqualFold(o.name, s.Name) {
				continue
			}
			found = true
			if err := o.set(&d.Options, text); err != nil {
				return Errorf(ErrDefinition, "WITH (%s = %s): %s (%s = %s)", s.Name, clip(s.Value.String()), o.doc, o.name, o.value)
			}
		}
		if !found {
			names := make([]string, len(options))
			for i, o := range options {
				names[i] = o.name
			}
			return Errorf(ErrDefinition, "WITH has no setting '%s'%s; it has: %s", clip(s.Name), params.Suggest(s.Name, names), strings.Join(names, ", "))
		}
	}
	if d.Options.Positive != "" && d.Alone != "" {
		return Errorf(ErrDefinition, "WITH (positive = %s): learner %s learns without a target, so there is no positive class", mlsql.QuoteString(clip(d.Options.Positive)), d.Learner.Name)
	}
	if d.Options.Positive != "" && !d.Classify {
		return Errorf(ErrDefinition, "WITH (positive = %s): learner %s predicts a number, it has no positive class", mlsql.QuoteString(clip(d.Options.Positive)), d.Learner.Name)
	}
	if d.Options.Task != "" {
		if err := d.chooseTask(); err != nil {
			return err
		}
	}
	d.Split.Seed = d.Options.Seed
	return nil
}

// chooseTask takes the task that WITH names.
func (d *Definition) chooseTask() error {
	if d.Alone == "" {
		return Errorf(ErrDefinition, "WITH (task = %s): target %s decides what is learned; leave the setting out", clip(string(d.Options.Task)), d.targetNames())
	}
	var names []string
	for _, t := range aloneTasks(d.Learner) {
		if names = append(names, string(t)); t == d.Options.Task {
			d.Alone = t
			return nil
		}
	}
	return Errorf(ErrDefinition, "WITH (task = %s): learner %s does %s", clip(string(d.Options.Task)), d.Learner.Name, strings.Join(names, ", "))
}

// optionSettings are the options as a version records them, with where their values came from.
func (d *Definition) optionSettings(o Options) []catalog.Setting {
	var out []catalog.Setting
	for _, x := range options {
		source := "DEFAULT"
		for _, s := range d.Statement.With {
			if strings.EqualFold(s.Name, x.name) {
				source = "USER"
			}
		}
		if text := x.show(&o); text != "" {
			out = append(out, catalog.Setting{Name: x.name, Value: text, Source: source})
		}
	}
	return out
}

// parseBytes reads '512M', '2G', '64K', or a number of bytes.
func parseBytes(text string) (int64, error) {
	unit := int64(1)
	upper := strings.TrimSuffix(strings.ToUpper(strings.TrimSpace(text)), "B")
	if n := len(upper); n > 0 {
		if i := strings.IndexByte("KMGT", upper[n-1]); i >= 0 {
			unit = 1 << (10 * (i + 1))
			upper = upper[:n-1]
		}
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(upper), 64)
	if err != nil {
		return 0, err
	}
	if !(n > 0) || n*float64(unit) > 1<<62 {
		return 0, fmt.Errorf("it must be positive")
	}
	return int64(n * float64(unit)), nil
}

// FormatBytes writes a number of bytes as parseBytes reads it: 4G, 512M, 1000.
func FormatBytes(n int64) string {
	unit := ""
	for _, u := range "KMGT" {
		if n == 0 || n%1024 != 0 {
			break
		}
		n, unit = n/1024, string(u)
	}
	return strconv.FormatInt(n, 10) + unit
}
