package sqlfuncs

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"
)

// jsonObject reads a JSON object of scalars. A number is an int64 where it is a whole one that fits, else the text that it is written as, so that it loses no digit.
// The JSON value null is nil.
func jsonObject(ctx *sql.Context, v any) (map[string]any, error) {
	var text string
	switch x := v.(type) {
	case string:
		text = x
	case []byte:
		text = string(x)
	case sql.JSONWrapper:
		s, err := types.JsonToMySqlString(ctx, x)
		if err != nil {
			return nil, err
		}
		text = s
	default:
		return nil, fmt.Errorf("a JSON object with the features is wanted, got %v", v)
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var object map[string]any
	if err := d.Decode(&object); err != nil {
		return nil, fmt.Errorf("a JSON object with the features is wanted, not '%.64s'", text)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("a JSON object with the features is wanted, and there is more after it")
	}
	for name, value := range object {
		switch x := value.(type) {
		case json.Number:
			object[name] = x.String()
			if n, err := x.Int64(); err == nil {
				object[name] = n
			}
		case map[string]any, []any:
			return nil, fmt.Errorf("feature %s is a JSON array or object; a number, text, true, false or null is wanted", name)
		}
	}
	return object, nil
}
