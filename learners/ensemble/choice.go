package ensemble

import (
	"fmt"
	"slices"
	"strings"

	"aibms/learners"
	"aibms/learners/params"
)

// choice is a learner with settings: what a user names in a list of learners.
type choice struct {
	spec  *learners.Spec
	given []params.Setting
}

// learner is a fresh one with the settings.
func (c choice) learner() (learners.Learner, error) { return c.spec.With(c.given) }

// String writes the choice as a user writes it.
func (c choice) String() string {
	if len(c.given) == 0 {
		return c.spec.Name
	}
	return c.spec.Name + " (" + c.settings() + ")"
}

// settings writes the settings as a user writes them; "" when there are none.
func (c choice) settings() string {
	settings := make([]string, len(c.given))
	for i, s := range c.given {
		settings[i] = s.Name + " = " + s.Value
	}
	return strings.Join(settings, ", ")
}

const (
	maxLearners = 32 // in one list
	automatic   = "auto"
	validList   = "auto, or learners with commas between: random_forest (n_trees = 50), linear_svm"
)

// ours are the names of this package's own learners.
var ours = []string{votingName, stackingName} // auto is a list

// parseChoices reads a list of learners that can do one of the tasks: name, name (p = v, p = 'v'), ... Every name and value is checked. The text auto is a list without learners.
//
//	list    = learner { "," learner }
//	learner = name [ "(" [ name "=" value { "," name "=" value } ] ")" ]
//	value   = number | word | 'text' | "text"; within quotes a quote is written twice
func parseChoices(base *learners.Registry, tasks []learners.Task, text string) ([]choice, error) {
	if strings.EqualFold(strings.TrimSpace(text), automatic) {
		return nil, nil
	}
	r := &reader{text: text, tasks: tasks}
	var list []choice
	for {
		c, err := r.choice(base)
		if err != nil {
			return nil, err
		}
		if list = append(list, c); len(list) > maxLearners {
			return nil, fmt.Errorf("there are more than %d learners", maxLearners)
		}
		if r.end() {
			return list, nil
		}
		if !r.take(',') {
			return nil, fmt.Errorf("after learner %s a comma or the end is expected, got %s", c.spec.Name, r.rest())
		}
	}
}

// parseChoice reads one learner; auto is nil.
func parseChoice(base *learners.Registry, tasks []learners.Task, text string) (*choice, error) {
	list, err := parseChoices(base, tasks, text)
	switch {
	case err != nil || list == nil:
		return nil, err
	case len(list) > 1:
		return nil, fmt.Errorf("one learner is expected, got %d", len(list))
	}
	return &list[0], nil
}

// checkChoices is parseChoices for params.Checked.
func checkChoices(base *learners.Registry, tasks []learners.Task) func(text string) error {
	return func(text string) error {
		_, err := parseChoices(base, tasks, text)
		return err
	}
}

// reader reads a list of learners from left to right.
type reader struct {
	text  string
	at    int
	tasks []learners.Task
}

func (r *reader) choice(base *learners.Registry) (choice, error) {
	name := r.word()
	if name == "" {
		return choice{}, fmt.Errorf("the name of a learner is expected, got %s; it can be one of %s", r.rest(), strings.Join(able(base, r.tasks), ", "))
	}
	spec, ok := base.Lookup(name)
	if !ok {
		if strings.EqualFold(name, automatic) {
			return choice{}, fmt.Errorf("auto stands alone, for the usual learners; it cannot be one of a list, nor have settings")
		}
		if slices.Contains(ours, strings.ToLower(name)) {
			return choice{}, fmt.Errorf("%s is itself made of learners, and an ensemble is not made of ensembles; it can be made of %s", strings.ToLower(name), strings.Join(able(base, r.tasks), ", "))
		}
		return choice{}, fmt.Errorf("unknown learner '%s'%s; it can be one of %s", name, params.Suggest(name, able(base, r.tasks)), strings.Join(able(base, r.tasks), ", "))
	}
	if !slices.ContainsFunc(r.tasks, spec.Supports) {
		return choice{}, fmt.Errorf("learner %s is for %s only; it can be one of %s", spec.Name, tasksText(spec.Tasks), strings.Join(able(base, r.tasks), ", "))
	}
	c := choice{spec: spec}
	if r.take('(') && !r.take(')') {
		for {
			s, err := r.setting(spec.Name)
			if err != nil {
				return choice{}, err
			}
			c.given = append(c.given, s)
			if r.take(')') {
				break
			}
			if !r.take(',') {
				return choice{}, fmt.Errorf("learner %s: after %s a comma or a closing parenthesis is expected, got %s", spec.Name, s.Name, r.rest())
			}
		}
	}
	if _, err := c.learner(); err != nil {
		return choice{}, fmt.Errorf("learner %s: %s", spec.Name, strings.TrimPrefix(err.Error(), "learner "+spec.Name+" "))
	}
	return c, nil
}

// able are the names of the learners that can do one of the tasks.
func able(base *learners.Registry, tasks []learners.Task) []string {
	var names []string
	for _, s := range base.All() {
		if slices.ContainsFunc(tasks, s.Supports) {
			names = append(names, s.Name)
		}
	}
	return names
}

// tasksText names tasks for a sentence.
func tasksText(tasks []learners.Task) string {
	words := make([]string, len(tasks))
	for i, t := range tasks {
		words[i] = strings.ReplaceAll(string(t), "_", " ")
	}
	return strings.Join(words, " and ")
}

// setting reads name = value.
func (r *reader) setting(learner string) (params.Setting, error) {
	s := params.Setting{Source: "USER", Name: strings.ToLower(r.word())}
	if s.Name == "" || !r.take('=') {
		return s, fmt.Errorf("learner %s: a setting is written name = value, got %s", learner, r.rest())
	}
	var err error
	s.Value, err = r.value()
	if err != nil {
		return s, fmt.Errorf("learner %s: %s: %w", learner, s.Name, err)
	}
	return s, nil
}

func (r *reader) value() (string, error) {
	r.skip()
	if r.at < len(r.text) && (r.text[r.at] == '\'' || r.text[r.at] == '"') {
		quote := r.text[r.at]
		var b strings.Builder
		for i := r.at + 1; i < len(r.text); i++ {
			if r.text[i] != quote {
				b.WriteByte(r.text[i])
			} else if i+1 < len(r.text) && r.text[i+1] == quote {
				b.WriteByte(quote)
				i++
			} else {
				r.at = i + 1
				return b.String(), nil
			}
		}
		return "", fmt.Errorf("the text %s does not end", r.rest())
	}
	start := r.at
	for r.at < len(r.text) && !strings.ContainsRune(",()=' \t\r\n\"", rune(r.text[r.at])) {
		r.at++
	}
	if start == r.at {
		return "", fmt.Errorf("a value is expected, got %s", r.rest())
	}
	return r.text[start:r.at], nil
}

// word reads letters, digits and underscores; "" when there are none.
func (r *reader) word() string {
	r.skip()
	start := r.at
	for r.at < len(r.text) {
		c := r.text[r.at]
		if c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			break
		}
		r.at++
	}
	return r.text[start:r.at]
}

func (r *reader) skip() {
	for r.at < len(r.text) && strings.ContainsRune(" \t\r\n", rune(r.text[r.at])) {
		r.at++
	}
}

// take reads the character c when it comes next.
func (r *reader) take(c byte) bool {
	r.skip()
	if r.at < len(r.text) && r.text[r.at] == c {
		r.at++
		return true
	}
	return false
}

func (r *reader) end() bool {
	r.skip()
	return r.at == len(r.text)
}

// rest is what was not read, for errors.
func (r *reader) rest() string {
	if r.end() {
		return "the end"
	}
	rest := []rune(strings.ToValidUTF8(r.text[r.at:], "?"))
	if len(rest) > 32 {
		return "'" + string(rest[:32]) + "...'"
	}
	return "'" + string(rest) + "'"
}
