package split

import (
	"fmt"
	"strings"
)

// byColumn reads the part of each row.
func byColumn(values []*string, parts []Part) error {
	for i, v := range values {
		switch {
		case v == nil:
			parts[i] = None
		case strings.EqualFold(*v, "TRAIN"):
			parts[i] = Train
		case strings.EqualFold(*v, "VALIDATE"):
			parts[i] = Validate
		case strings.EqualFold(*v, "TEST"):
			parts[i] = Test
		default:
			return fmt.Errorf("row %d of the split column holds %s: it must be 'TRAIN', 'VALIDATE', 'TEST', or NULL to leave the row out", i+1, quoted(*v))
		}
	}
	return nil
}

// quoted is a value as it may stand in an error: in quotes, cut when it is long.
func quoted(v string) string {
	const longest = 40
	if r := []rune(v); len(r) > longest {
		v = string(r[:longest]) + "..."
	}
	return "'" + v + "'"
}
