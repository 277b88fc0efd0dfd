package rows

import (
	"container/list"
	"crypto/sha256"
	"fmt"
	"sync"
	"unsafe"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"

	"aibms/learners/data"
	"aibms/server/lifecycle"
)

// datasets keeps what was read by the content that it was read from, the last used first, within a budget of bytes: to train again on unchanged data reads nothing. It is
// safe for concurrent use; what it keeps is immutable.
type datasets struct {
	mu     sync.Mutex
	budget int64
	bytes  int64
	recent list.List // of *keptTable, the last used first
	byKey  map[contentKey]*list.Element
}

// contentKey stands for a query over tables of a certain content, and for what is wanted of it.
type contentKey [sha256.Size]byte

type keptTable struct {
	key     contentKey
	table   *lifecycle.Table
	bytes   int64 // that it holds
	counted int64 // as a limit on the reading counts it
}

func newDatasets(budget int64) *datasets {
	return &datasets{budget: budget, byKey: map[contentKey]*list.Element{}}
}

// get finds a table, unless to read it would have gone beyond the limits of w.
func (d *datasets) get(key contentKey, w lifecycle.Want) *lifecycle.Table {
	d.mu.Lock()
	defer d.mu.Unlock()
	e := d.byKey[key]
	if e == nil {
		return nil
	}
	k := e.Value.(*keptTable)
	if w.MaxRows > 0 && int64(k.table.Data.Rows) > w.MaxRows || w.MaxBytes > 0 && k.counted > w.MaxBytes {
		return nil
	}
	d.recent.MoveToFront(e)
	return k.table
}

// put keeps a table and lets go of those that were not used for the longest time. A table beyond the budget is not kept.
func (d *datasets) put(key contentKey, t *lifecycle.Table, counted int64) {
	k := &keptTable{key: key, table: t, bytes: tableBytes(t), counted: counted}
	d.mu.Lock()
	defer d.mu.Unlock()
	if k.bytes > d.budget || d.byKey[key] != nil {
		return
	}
	d.byKey[key] = d.recent.PushFront(k)
	for d.bytes += k.bytes; d.bytes > d.budget; {
		oldest := d.recent.Remove(d.recent.Back()).(*keptTable)
		delete(d.byKey, oldest.key)
		d.bytes -= oldest.bytes
	}
}

// tableBytes is the memory that a table holds.
func tableBytes(t *lifecycle.Table) int64 {
	n := int64(len(t.ID)+len(t.Weight)+len(t.Time)+len(t.Split)) * 8
	column := func(c *data.Column) {
		n += int64(len(c.Num))*8 + int64(len(c.Codes))*4
		for _, l := range c.Levels {
			n += int64(len(l)) + int64(unsafe.Sizeof(l))
		}
	}
	for i := range t.Data.Columns {
		column(&t.Data.Columns[i])
	}
	for i := range t.Slices {
		column(&t.Slices[i])
	}
	for i := range t.Targets {
		column(&t.Targets[i])
	}
	return n
}

// contentOf is the key of a bound query. ok is false when more than the content of tables decides what it gives.
func contentOf(ctx *sql.Context, node sql.Node, past *past, w lifecycle.Want) (key contentKey, ok bool, err error) {
	if len(past.changing) > 0 {
		return key, false, nil
	}
	h := sha256.New()
	ok = true
	var visit func(n sql.Node) bool
	visit = func(n sql.Node) bool {
		switch t := n.(type) {
		case *plan.ResolvedTable:
			if plan.IsDualTable(t.Table) {
				break
			}
			table, terr := storedTable(ctx, t)
			if terr != nil || table == nil {
				ok, err = false, terr
				break
			}
			content, herr := table.HashOf()
			if herr != nil {
				ok, err = false, herr
				break
			}
			fmt.Fprintf(h, "%s\x00", content)
		case *plan.IndexedTableAccess:
			if inner, is := t.TableNode.(sql.Node); is {
				transform.InspectWithOpaque(inner, visit)
			}
		case *plan.Values, *plan.EmptyTable:
		default:
			ok = ok && len(n.Children()) > 0 // a source of rows that is no table
		}
		if e, is := n.(sql.Expressioner); is {
			for _, expr := range e.Expressions() {
				sql.Inspect(expr, func(x sql.Expression) bool {
					switch x := x.(type) {
					case *plan.Subquery:
						transform.InspectWithOpaque(x.Query, visit)
					case *expression.UserVar, *expression.SystemVar, *expression.ProcedureParam, *expression.BindVar:
						ok = false
					}
					return ok
				})
			}
		}
		return ok
	}
	transform.InspectWithOpaque(node, visit)
	if !ok || err != nil {
		return key, false, err
	}
	zone, err := ctx.GetSessionVariable(ctx, "time_zone")
	if err != nil {
		return key, false, err
	}
	fmt.Fprintf(h, "%s\x00%q %q %q %v %q %q %q %q %v\x00%v %s", sql.DebugString(node), w.Inputs, w.Keys, w.Targets, w.Kind, w.Weight, w.Split, w.Time, w.Slices, w.WithHash, zone, sql.LoadSqlMode(ctx))
	h.Sum(key[:0])
	return key, true, nil
}
