package feature

import (
	"fmt"
	"strings"
)

// Class is what the automatic rules know of an input column: its SQL type, coarsely.
type Class uint8

const (
	Number   Class = iota + 1 // integers, DECIMAL, FLOAT, DOUBLE, BIT
	Boolean                   // BOOL, TINYINT(1)
	Text                      // CHAR, VARCHAR, TEXT, ENUM, SET
	Date                      // DATE
	DateTime                  // DATETIME, TIMESTAMP
	Time                      // TIME
	Year                      // YEAR
	JSON                      // JSON
	Binary                    // BINARY, VARBINARY, BLOB
	Geometry                  // POINT, POLYGON ...
)

// Numeric reports whether values of the class are numbers as they are.
func (c Class) Numeric() bool { return c == Number || c == Boolean || c == Year }

func (c Class) String() string {
	names := [...]string{Number: "number", Boolean: "boolean", Text: "text", Date: "date", DateTime: "datetime", Time: "time", Year: "year",
		JSON: "JSON", Binary: "binary", Geometry: "geometry"}
	if c == 0 || int(c) >= len(names) {
		return fmt.Sprintf("class(%d)", uint8(c))
	}
	return names[c]
}

// InputColumn is a column that the automatic rules may use.
type InputColumn struct {
	Name  string // identifier, not quoted
	Class Class
}

// Needs is what the learner wants of its features.
type Needs struct {
	Scaling    bool // features of comparable size
	Missing    bool // the learner takes NaN, so nothing is imputed
	Categories bool // the learner takes categories as they are
}

// part is a number made of a date or time.
type part struct {
	function, suffix string
}

var (
	dateParts     = []part{{"YEAR", "year"}, {"MONTH", "month"}, {"DAYOFMONTH", "day"}, {"WEEKDAY", "weekday"}}
	dateTimeParts = append(dateParts[:len(dateParts):len(dateParts)], part{"HOUR", "hour"})
	timeParts     = []part{{"TIME_TO_SEC", "seconds"}}
)

// Auto gives the features of a model that names none, from the types of its columns alone:
//
//	number, year    IMPUTE(x, 'median'), and STANDARD_SCALE around it where the learner needs it
//	boolean         IMPUTE(x, 'most_frequent')
//	text            ONE_HOT(x), or CATEGORY(x) where the learner takes categories
//	date, datetime  YEAR, MONTH, DAYOFMONTH, WEEKDAY (and HOUR), each as a number
//	time            TIME_TO_SEC, as a number
//
// A learner that takes missing values gets no IMPUTE. Columns of other types are left out; notes say which and why.
func Auto(columns []InputColumn, needs Needs) (items []Item, notes []string) {
	taken := map[string]bool{}
	for _, c := range columns {
		taken[strings.ToLower(c.Name)] = true
	}
	add := func(input, as string, calls ...Call) {
		items = append(items, Item{Input: input, Calls: calls, As: as})
	}
	impute := func(how string) []Call {
		if needs.Missing {
			return nil
		}
		return []Call{{Name: "IMPUTE", Args: []string{QuoteText(how)}}}
	}
	number := func() []Call {
		calls := impute("median")
		if needs.Scaling {
			calls = append(calls, Call{Name: "STANDARD_SCALE"})
		}
		return calls
	}
	parts := func(c InputColumn, parts []part) {
		for _, p := range parts {
			add(p.function+"("+QuoteName(c.Name)+")", freeName(taken, c.Name+"_"+p.suffix), number()...)
		}
	}
	for _, c := range columns {
		switch name := QuoteName(c.Name); c.Class {
		case Number, Year:
			add(name, c.Name, number()...)
		case Boolean:
			add(name, c.Name, impute("most_frequent")...)
		case Text:
			encoder := "ONE_HOT"
			if needs.Categories {
				encoder = "CATEGORY"
			}
			add(name, c.Name, Call{Name: encoder})
		case Date:
			parts(c, dateParts)
		case DateTime:
			parts(c, dateTimeParts)
		case Time:
			parts(c, timeParts)
		default:
			notes = append(notes, fmt.Sprintf("column %s is left out: no automatic rule makes features of %s; an expression in TRANSFORM can", name, c.Class))
		}
	}
	return items, notes
}

// freeName returns name, or name_2, name_3 ... when it is taken, and takes it.
func freeName(taken map[string]bool, name string) string {
	free := name
	for i := 2; taken[strings.ToLower(free)]; i++ {
		free = fmt.Sprintf("%s_%d", name, i)
	}
	taken[strings.ToLower(free)] = true
	return free
}
