package wire

import (
	"strings"

	"github.com/dolthub/vitess/go/mysql"
	"github.com/dolthub/vitess/go/sqltypes"
)

// infoLength is the length that the library announces for the text of an OK packet, whatever the text's own (vitess writeOKPacketWithInfo writes '#').
const infoLength = '#'

// readable makes the texts of OK packets have the length that is announced for them: a shorter one is a malformed packet to MariaDB's client
// library, of a longer one it sees the beginning.
func readable(send mysql.ResultSpoolFn) mysql.ResultSpoolFn {
	return func(r *sqltypes.Result, more bool) error {
		if r != nil && r.Info != "" && len(r.Fields) == 0 {
			info := fit(r.Info)
			r.Info = info + strings.Repeat(" ", infoLength-len(info))
		}
		return send(r, more)
	}
}

// fit shortens a text such as "Rows matched: 9  Changed: 9  Warnings: 0" by whole parts: clients read the numbers, and half a number is a wrong one. The number of
// warnings goes first, for it stands in the packet itself; then that of the rows matched, for node's mysql2 knows the rows changed from here only.
func fit(info string) string {
	parts := strings.Split(info, "  ")
	if len(parts) == 3 && len(info) > infoLength {
		parts = parts[:2]
		info = strings.Join(parts, "  ")
		if len(info) > infoLength {
			info = parts[1]
		}
	}
	if len(info) > infoLength {
		info = cut(info, infoLength)
	}
	return info
}
