package catalog

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// The texts that several statements share: what is wrong, what there is, what to type.

// find is Version with an error that says which versions there are.
func (m *Model) find(number int64) (*Version, error) {
	if v, ok := m.Version(number); ok {
		return v, nil
	}
	if len(m.Versions) == 0 {
		return nil, faultf(ErrNoVersion, "model %s has no version %d; it has no versions yet: TRAIN MODEL %s makes one", m.SQLName(), number, m.SQLName())
	}
	return nil, faultf(ErrNoVersion, "model %s has no version %d; it has %s", m.SQLName(), number, numbers(m.Versions))
}

func (m *Model) findAlias(alias string) (int64, error) {
	if n, ok := m.Alias(alias); ok {
		return n, nil
	}
	if len(m.Aliases) == 0 {
		return 0, faultf(ErrNoAlias, "model %s has no alias %s; it has no aliases: ALTER MODEL %s SET ALIAS %s = VERSION n makes one", m.SQLName(), alias, m.SQLName(), alias)
	}
	names := make([]string, len(m.Aliases))
	for i, a := range m.Aliases {
		names[i] = a.Name
	}
	return 0, faultf(ErrNoAlias, "model %s has no alias %s; it has %s", m.SQLName(), alias, strings.Join(names, ", "))
}

func (m *Model) notDeployed() error {
	if v := m.NewestReady(); v != nil {
		return faultf(ErrNotDeployed, "no version of model %s is deployed; DEPLOY MODEL %s VERSION %d deploys its newest ready one", m.SQLName(), m.SQLName(), v.Number)
	}
	return faultf(ErrNotDeployed, "no version of model %s is deployed, and none is ready; TRAIN MODEL %s makes one", m.SQLName(), m.SQLName())
}

// notReady says why v cannot be used; use is what was wanted: predict, be deployed ...
func (m *Model) notReady(v *Version, use string) error {
	why := ""
	if v.Reason != "" {
		why = " (" + short(v.Reason) + ")"
	}
	text := fmt.Sprintf("version %d of model %s is %s%s and cannot %s", v.Number, m.SQLName(), v.Status, why, use)
	var ready []*Version
	for _, other := range m.Versions {
		if other.Status == Ready {
			ready = append(ready, other)
		}
	}
	switch {
	case len(ready) == 0:
		text += fmt.Sprintf("; no version is ready: TRAIN MODEL %s makes one", m.SQLName())
	case v.Number == m.Deployed():
		text += fmt.Sprintf("; it is deployed: DEPLOY MODEL %s VERSION %d deploys the newest ready one", m.SQLName(), ready[len(ready)-1].Number)
	default:
		text += "; ready: " + numbers(ready)
	}
	return faultf(ErrNotReady, "%s", text)
}

// numbers lists versions in words: version 3; versions 1 to 4, 6.
func numbers(versions []*Version) string {
	var runs []string
	for i := 0; i < len(versions); {
		j := i
		for j+1 < len(versions) && versions[j+1].Number == versions[j].Number+1 {
			j++
		}
		switch first, last := versions[i].Number, versions[j].Number; {
		case j == i:
			runs = append(runs, fmt.Sprint(first))
		case j == i+1:
			runs = append(runs, fmt.Sprint(first), fmt.Sprint(last))
		default:
			runs = append(runs, fmt.Sprintf("%d to %d", first, last))
		}
		i = j + 1
	}
	if len(versions) == 1 {
		return "version " + runs[0]
	}
	if len(runs) > 12 {
		runs = append(runs[:4:4], append([]string{"..."}, runs[len(runs)-7:]...)...)
	}
	return "versions " + strings.Join(runs, ", ")
}

// short cuts a text to one line that fits a message.
func short(text string) string {
	const most = 160
	text, _, cut := strings.Cut(text, "\n")
	if utf8.RuneCountInString(text) > most {
		text, cut = string([]rune(text)[:most]), true
	}
	if cut {
		text += "..."
	}
	return text
}

// because adds a reason to the message of a storage commit.
func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + short(reason)
}
