package engine

import (
	"strings"

	"github.com/dolthub/dolt/go/libraries/doltcore/sqle/dfunctions" // its own are dolt_hashof and its like
	"github.com/dolthub/dolt/go/libraries/doltcore/sqle/dtablefunctions"
)

// declareFunctions makes the names of Seams.Declared and Seams.DeclaredTables known to the provider that storage itself binds with: the stored text of an event is bound there
// when it is listed or loaded, and one that calls an unknown function would keep every event of its database from running.
func (e *Engine) declareFunctions() {
	known := map[string]bool{}
	for _, f := range dfunctions.DoltFunctions {
		known[strings.ToLower(f.FunctionName())] = true
	}
	for _, f := range dtablefunctions.DoltTableFunctions {
		known[strings.ToLower(f.Name())] = true
	}
	for _, f := range e.seams.Declared {
		if !known[f.FunctionName()] {
			dfunctions.DoltFunctions = append(dfunctions.DoltFunctions, f)
		}
	}
	for _, f := range e.seams.DeclaredTables {
		if !known[f.Name()] {
			dtablefunctions.DoltTableFunctions = append(dtablefunctions.DoltTableFunctions, f)
		}
	}
}
