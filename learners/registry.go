package learners

import (
	"fmt"
	"sort"
	"strings"
)

// Registry is a set of learners by name. It is built once (learners/all) and then only read.
type Registry struct {
	specs []*Spec
}

// NewRegistry checks each Spec at the door; a wrong one is a programming error and panics.
func NewRegistry(specs ...*Spec) *Registry {
	seen := map[string]bool{}
	for _, s := range specs {
		switch {
		case s.Name == "" || s.Name != strings.ToLower(s.Name):
			panic(fmt.Sprintf("learner %q: the name must be lower-case and not empty", s.Name))
		case seen[s.Name]:
			panic(fmt.Sprintf("learner %q is registered twice", s.Name))
		case s.New == nil || s.Load == nil || s.StateVersion < 1:
			panic(fmt.Sprintf("learner %q: New, Load and StateVersion are required", s.Name))
		case s.Doc == "" || s.Reference == "" || s.Objective == "" || len(s.Tasks) == 0:
			panic(fmt.Sprintf("learner %q: Doc, Objective, Reference and Tasks are required", s.Name))
		}
		seen[s.Name] = true
	}
	r := &Registry{specs: append([]*Spec(nil), specs...)}
	sort.Slice(r.specs, func(i, j int) bool { return r.specs[i].Name < r.specs[j].Name })
	return r
}

// Lookup finds a learner by its name, case-insensitive.
func (r *Registry) Lookup(name string) (*Spec, bool) {
	for _, s := range r.specs {
		if strings.EqualFold(s.Name, name) {
			return s, true
		}
	}
	return nil, false
}

// All returns the learners in the order of their names.
func (r *Registry) All() []*Spec { return r.specs }

// Names returns the names of all learners that can do the task, in order; every name when task is "".
func (r *Registry) Names(task Task) []string {
	var names []string
	for _, s := range r.specs {
		if task == "" || s.Supports(task) {
			names = append(names, s.Name)
		}
	}
	return names
}
