package mlsql

// AlterModel changes what is said about a model; it trains and deploys nothing.
//
//	alter_model = "ALTER" "MODEL" name action .
//	action      = "SET" "ALIAS" alias "=" "VERSION" n
//	            | "DROP" "ALIAS" alias
//	            | "SET" "THRESHOLD" number
//	            | "DROP" "THRESHOLD"
//	            | "SET" "COMMENT" string
//	            | "RENAME" "TO" name .
type AlterModel struct {
	Name   Name
	Action AlterAction
}

// An AlterAction is *SetAlias, *DropAlias, *SetThreshold, *DropThreshold, *SetComment or *RenameTo. No other package can add one.
type AlterAction interface {
	// String returns the action as SQL.
	String() string
	alterAction()
}

// SetAlias gives a version a name of its own, or moves the name to another version.
type SetAlias struct {
	Alias   string
	Version VersionRef // Number or Param
}

// DropAlias takes a version's name away.
type DropAlias struct {
	Alias string
}

// SetThreshold sets the probability from which on the positive class is predicted.
type SetThreshold struct {
	Threshold Value // Number or Param; whether it lies in 0..1 is for the caller to check
}

// DropThreshold gives the learner's own rule back.
type DropThreshold struct{}

// SetComment sets the model's comment.
type SetComment struct {
	Comment Value // String or Param
}

// RenameTo gives the model another name.
type RenameTo struct {
	Name Name
}

func (*SetAlias) alterAction()      {}
func (*DropAlias) alterAction()     {}
func (*SetThreshold) alterAction()  {}
func (*DropThreshold) alterAction() {}
func (*SetComment) alterAction()    {}
func (*RenameTo) alterAction()      {}

func (a *SetAlias) String() string {
	return "SET ALIAS " + QuoteName(a.Alias) + " = " + a.Version.String()
}
func (a *DropAlias) String() string     { return "DROP ALIAS " + QuoteName(a.Alias) }
func (a *SetThreshold) String() string  { return "SET THRESHOLD " + a.Threshold.String() }
func (a *DropThreshold) String() string { return "DROP THRESHOLD" }
func (a *SetComment) String() string    { return "SET COMMENT " + a.Comment.String() }
func (a *RenameTo) String() string      { return "RENAME TO " + a.Name.String() }

func (p *parser) alterModel() Statement {
	a := &AlterModel{Name: p.name("a model name")}
	if p.isWord("PROTECT") {
		p.notInThisRelease("PROTECT ALIAS", []string{"SET ALIAS", "DROP ALIAS", "SET THRESHOLD", "DROP THRESHOLD", "SET COMMENT", "RENAME TO"})
	}
	switch p.choice("ALTER MODEL", "SET", "DROP", "RENAME") {
	case "SET":
		a.Action = p.alterSet()
	case "DROP":
		if p.choice("ALTER MODEL ... DROP", "ALIAS", "THRESHOLD") == "THRESHOLD" {
			a.Action = &DropThreshold{}
		} else {
			a.Action = &DropAlias{Alias: p.identifier("an alias")}
		}
	case "RENAME":
		p.expectWord("TO", "RENAME TO")
		a.Action = &RenameTo{Name: p.name("a model name")}
	}
	return a
}

func (p *parser) alterSet() AlterAction {
	switch p.choice("ALTER MODEL ... SET", "ALIAS", "THRESHOLD", "COMMENT") {
	case "ALIAS":
		alias := p.identifier("an alias")
		p.expectSymbol('=', "SET ALIAS name = VERSION n")
		p.expectWord("VERSION", "SET ALIAS name = VERSION n")
		return &SetAlias{Alias: alias, Version: p.version()}
	case "THRESHOLD":
		return &SetThreshold{Threshold: p.value("THRESHOLD", numberValue)}
	default: // COMMENT, or an error that p keeps
		return &SetComment{Comment: p.value("COMMENT", stringValue)}
	}
}

func (a *AlterModel) slots(visit func(slot)) {
	switch action := a.Action.(type) {
	case *SetAlias:
		visit(slot{version: &action.Version})
	case *SetThreshold:
		visit(slot{where: "THRESHOLD", value: &action.Threshold, kinds: numberValue})
	case *SetComment:
		visit(slot{where: "COMMENT", value: &action.Comment, kinds: stringValue})
	}
}

// String returns the statement on one line.
func (a *AlterModel) String() string { return words("ALTER MODEL", a.Name.String(), a.Action.String()) }
