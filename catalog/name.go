package catalog

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"aibms/learners/feature"
)

// maxName is how many characters a name has at most, as in MySQL.
const maxName = 64

// CheckName says whether name can name a model. Names are Unicode text of 1 to 64 characters that people can see and tell apart; / \ . and @ are
// kept for references, and a name neither starts nor ends with a space. The error wraps ErrName.
func CheckName(name string) error { return checkName("model name", name) }

// CheckAlias says whether name can name an alias: as CheckName, and it is not all digits, since 'm@3' is version 3. The error wraps ErrName.
func CheckAlias(name string) error {
	if err := checkName("alias", name); err != nil {
		return err
	}
	if strings.Trim(name, "0123456789") == "" {
		return faultf(ErrName, "alias %q is all digits, which means a version number; choose a name with a letter in it", name)
	}
	return nil
}

func checkName(what, name string) error {
	if !utf8.ValidString(name) {
		return faultf(ErrName, "%s %q is not valid UTF-8", what, name)
	}
	name = norm.NFC.String(name)
	switch n := utf8.RuneCountInString(name); {
	case n == 0:
		return faultf(ErrName, "%s is empty; write a name of 1 to %d characters", what, maxName)
	case n > maxName:
		return faultf(ErrName, "%s '%s...' has %d characters; at most %d are allowed", what, string([]rune(name)[:24]), n, maxName)
	}
	if strings.TrimSpace(name) != name {
		return faultf(ErrName, "%s %q starts or ends with a space; write it without", what, name)
	}
	for _, r := range name {
		switch {
		case strings.ContainsRune(`/\.@`, r):
			return faultf(ErrName, "%s %q has a %q, which is kept for references such as 'db.model@3'; letters, digits and _ are always fine", what, name, r)
		case !unicode.IsPrint(r):
			return faultf(ErrName, "%s %q has a character that cannot be seen (%U); letters, digits and _ are always fine", what, name, r)
		}
	}
	return nil
}

// checkDatabase says whether models can be kept for a database of that name: it only has to fit. Whether it exists is not the catalog's to know.
func checkDatabase(name string) error {
	if n := utf8.RuneCountInString(name); n == 0 {
		return faultf(ErrNoDatabase, "no database selected; write database.model, or USE a database first")
	} else if n > maxName || !utf8.ValidString(name) {
		return faultf(ErrName, "database name %.40q is not valid UTF-8 of at most %d characters", name, maxName)
	}
	return nil
}

// clipName shortens what stands where a name should, for a message.
func clipName(name string) string {
	if utf8.RuneCountInString(name) > maxName {
		return string([]rune(name)[:maxName]) + "..."
	}
	return name
}

// Ref is a parsed reference to a model: 'm', 'db.m', 'db.m@3', 'm@champion'.
type Ref struct {
	Database string // empty: the current one
	Name     string
	Version  int64  // 0: not given
	Alias    string // empty: not given; never together with Version
}

// ParseRef reads a reference. The name follows the last dot, a version number or alias the last @. The error wraps ErrName.
func ParseRef(text string) (Ref, error) {
	var ref Ref
	name := text
	if at := strings.LastIndexByte(text, '@'); at >= 0 {
		name = text[:at]
		which := text[at+1:]
		switch {
		case which == "":
			return Ref{}, faultf(ErrName, "model reference %.80q ends in @; write a version number or an alias after it, as '%s@3', or leave the @ out", text, name)
		case strings.Trim(which, "0123456789") == "":
			n, err := strconv.ParseInt(which, 10, 64)
			if err != nil || n == 0 {
				return Ref{}, faultf(ErrName, "model reference %.80q: there is no version %s; versions are numbered 1, 2, 3 ...", text, which)
			}
			ref.Version = n
		default:
			if err := CheckAlias(which); err != nil {
				return Ref{}, faultf(ErrName, "model reference %.80q: %v", text, err)
			}
			ref.Alias = which
		}
	}
	if dot := strings.LastIndexByte(name, '.'); dot >= 0 {
		ref.Database, name = name[:dot], name[dot+1:]
		if ref.Database == "" {
			return Ref{}, faultf(ErrName, "model reference %.80q starts with a dot; write 'database.model' or 'model'", text)
		}
	}
	if err := CheckName(name); err != nil {
		return Ref{}, faultf(ErrName, "model reference %.80q: %v", text, err)
	}
	ref.Name = name
	return ref, nil
}

// String prints the reference so that ParseRef reads it back.
func (r Ref) String() string {
	s := r.Name
	if r.Database != "" {
		s = r.Database + "." + s
	}
	if r.Version != 0 {
		s += "@" + strconv.FormatInt(r.Version, 10)
	} else if r.Alias != "" {
		s += "@" + r.Alias
	}
	return s
}

// fold maps names that are the same to the same text: composed form, without regard to case.
func fold(name string) string {
	ascii := true
	for i := 0; i < len(name) && ascii; i++ {
		ascii = name[i] < utf8.RuneSelf
	}
	if ascii {
		return strings.ToUpper(name)
	}
	return strings.Map(func(r rune) rune {
		least := r // of all letters that differ from r by case alone
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			least = min(least, next)
		}
		return least
	}, norm.NFC.String(name))
}

func sameName(a, b string) bool { return fold(a) == fold(b) }

// key is what a model is found by.
func key(database, name string) string { return fold(database) + "\x00" + fold(name) }

// sqlName prints the name of a model as statements take it.
func sqlName(database, name string) string {
	return feature.QuoteName(database) + "." + feature.QuoteName(name)
}

// SQLName is the name of the model as statements take it, with its database: shop.order_intent.
func (m *Model) SQLName() string { return sqlName(m.Database, m.Name) }
