package mlsql

// Explain asks how a statement would be carried out. DESCRIBE and DESC are other ways to write EXPLAIN, as in MySQL.
//
//	explain = ( "EXPLAIN" | "DESCRIBE" | "DESC" ) statement .
type Explain struct {
	Statement Statement // never an *Explain
}

func (e *Explain) slots(visit func(slot)) { e.Statement.slots(visit) }

// String returns EXPLAIN and the statement's own text.
func (e *Explain) String() string { return "EXPLAIN " + e.Statement.String() }
