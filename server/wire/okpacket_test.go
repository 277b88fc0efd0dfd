package wire

import (
	"strings"
	"testing"

	"github.com/dolthub/vitess/go/sqltypes"
)

// TestOKPacketText checks that the text of an OK packet has the one length that all clients can read, and never half a number.
func TestOKPacketText(t *testing.T) {
	for _, c := range []struct{ info, sent string }{
		{"", ""},
		{"Statement prepared", "Statement prepared"},
		{"Rows matched: 1  Changed: 1  Warnings: 0", "Rows matched: 1  Changed: 1"},
		{"Rows matched: 12345  Changed: 12345  Warnings: 0", "Rows matched: 12345  Changed: 12345"},
		{"Rows matched: 123456  Changed: 123456  Warnings: 0", "Changed: 123456"},
		{"Records: 10  Duplicates: 2  Warnings: 0", "Records: 10  Duplicates: 2"},
		{"a text without parts that is longer than any packet can tell", "a text without parts that is longer"},
		{"fünfunddreißig Bytes enden mitten in ü", "fünfunddreißig Bytes enden mitten"},
	} {
		var sent string
		send := readable(func(r *sqltypes.Result, more bool) error {
			sent = r.Info
			return nil
		})
		if err := send(&sqltypes.Result{Info: c.info}, false); err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimRight(sent, " "); got != c.sent {
			t.Errorf("%q is sent as %q, expected %q", c.info, got, c.sent)
		}
		if c.info != "" && len(sent) != infoLength {
			t.Errorf("%q is sent as %d bytes, expected %d", c.info, len(sent), infoLength)
		}
	}
}
