package params

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ParseDuration reads '90s', '10m', '1h30m', '2d', or a number of seconds.
func ParseDuration(text string) (time.Duration, error) {
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		text = strconv.FormatFloat(n, 'f', -1, 64) + "s"
	}
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.ParseFloat(days, 64)
		if err != nil {
			return 0, err
		}
		text = strconv.FormatFloat(24*n, 'f', -1, 64) + "h"
	}
	d, err := time.ParseDuration(text)
	if err == nil && d <= 0 {
		err = fmt.Errorf("it must be positive")
	}
	return d, err
}
