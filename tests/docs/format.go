package docs

import (
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// Artifacts trains a model by each of the statements and returns the bytes of what came out. The statements declare models; the names are those of the models.
func (s *Server) Artifacts(ctx context.Context, create map[string]string) (map[string][]byte, error) {
	session, err := s.Session(ctx, "")
	if err != nil {
		return nil, err
	}
	out := map[string][]byte{}
	for name, statement := range create {
		for _, st := range []string{statement, "TRAIN MODEL " + name} {
			if _, err := session.conn.ExecContext(ctx, st); err != nil {
				return nil, fmt.Errorf("%s: %w", st, err)
			}
		}
		row := session.conn.QueryRowContext(ctx, `SELECT a.bytes FROM aibms.model_artifacts a JOIN aibms.model_versions v ON v.artifact_hash = a.artifact_hash
			WHERE v.model_name = ? AND a.parts = 1`, name)
		var b []byte
		if err := row.Scan(&b); err != nil {
			return nil, fmt.Errorf("artifact of %s: %w", name, err)
		}
		out[name] = b
	}
	return out, nil
}

// Sections reads the table of contents of an artifact by what docs/FORMAT.md says, and nothing else: the names of its sections with their types. It checks both kinds of
// checksums on the way.
func Sections(b []byte) (map[string]byte, error) {
	if len(b) < 16 || string(b[:8]) != "AIBMSMDL" {
		return nil, fmt.Errorf("it does not begin with the magic bytes")
	}
	if v := binary.LittleEndian.Uint32(b[8:]); v != 1 {
		return nil, fmt.Errorf("format version %d", v)
	}
	castagnoli := crc32.MakeTable(crc32.Castagnoli)
	out := map[string]byte{}
	at := 16
	for range binary.LittleEndian.Uint32(b[12:]) {
		n := int(binary.LittleEndian.Uint16(b[at:]))
		name := string(b[at+2 : at+2+n])
		at += 2 + n
		offset, length := binary.LittleEndian.Uint64(b[at+1:]), binary.LittleEndian.Uint64(b[at+9:])
		if offset%8 != 0 || offset+length > uint64(len(b)) {
			return nil, fmt.Errorf("section %s at %d has %d bytes of %d", name, offset, length, len(b))
		}
		if got, want := crc32.Checksum(b[offset:offset+length], castagnoli), binary.LittleEndian.Uint32(b[at+17:]); got != want {
			return nil, fmt.Errorf("checksum of section %s", name)
		}
		out[name] = b[at]
		at += 21
	}
	if crc32.Checksum(b[:at], castagnoli) != binary.LittleEndian.Uint32(b[at:]) {
		return nil, fmt.Errorf("checksum of the table of contents")
	}
	return out, nil
}
