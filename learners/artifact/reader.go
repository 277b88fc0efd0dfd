package artifact

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"unicode/utf8"
)

// Reader gives the sections of an artifact. Every method fails, with an error that wraps ErrCorrupt, when the section is missing or of
// another type. The slices it returns are the caller's own.
type Reader struct {
	sections map[string]section
	prefix   string
}

// Decode checks the whole envelope and returns its Reader. It allocates no more than a small multiple of len(b).
func Decode(b []byte) (*Reader, error) {
	if len(b) < 20 || string(b[:8]) != magic {
		return nil, fmt.Errorf("%w: it does not start with the magic bytes", ErrCorrupt)
	}
	if v := binary.LittleEndian.Uint32(b[8:]); v != FormatVersion {
		if v > FormatVersion {
			return nil, fmt.Errorf("%w: format %d, this server reads up to %d", ErrNewer, v, FormatVersion)
		}
		return nil, fmt.Errorf("%w: format version %d", ErrCorrupt, v)
	}
	count := binary.LittleEndian.Uint32(b[12:])
	if count > maxSections {
		return nil, fmt.Errorf("%w: %d sections", ErrCorrupt, count)
	}
	r := &Reader{sections: make(map[string]section, min(int(count), len(b)/23))}
	type entry struct {
		section
		offset, length uint64
		crc            uint32
	}
	var entries []entry
	at := 16
	for i := uint32(0); i < count; i++ {
		if len(b)-at < 2 {
			return nil, fmt.Errorf("%w: table of contents is cut short", ErrCorrupt)
		}
		n := int(binary.LittleEndian.Uint16(b[at:]))
		at += 2
		if n == 0 || n > maxName || len(b)-at < n+21 {
			return nil, fmt.Errorf("%w: table of contents is cut short", ErrCorrupt)
		}
		var e entry
		e.name = string(b[at : at+n])
		at += n
		e.typ = sectionType(b[at])
		e.offset = binary.LittleEndian.Uint64(b[at+1:])
		e.length = binary.LittleEndian.Uint64(b[at+9:])
		e.crc = binary.LittleEndian.Uint32(b[at+17:])
		at += 21
		entries = append(entries, e)
	}
	if len(b)-at < 4 || crc32.Checksum(b[:at], castagnoli) != binary.LittleEndian.Uint32(b[at:]) {
		return nil, fmt.Errorf("%w: checksum of the table of contents", ErrCorrupt)
	}
	end := at + 4
	for _, e := range entries {
		// sections follow each other without gaps, so their sizes cannot add up to more than the file
		start := align(end)
		if e.offset != uint64(start) || start > len(b) || e.length > uint64(len(b)-start) {
			return nil, fmt.Errorf("%w: section %q lies outside the file", ErrCorrupt, e.name)
		}
		for _, pad := range b[end:start] {
			if pad != 0 {
				return nil, fmt.Errorf("%w: padding before section %q", ErrCorrupt, e.name)
			}
		}
		end = start + int(e.length)
		e.data = b[start:end]
		if crc32.Checksum(e.data, castagnoli) != e.crc {
			return nil, fmt.Errorf("%w: checksum of section %q", ErrCorrupt, e.name)
		}
		if _, twice := r.sections[e.name]; twice || !utf8.ValidString(e.name) {
			return nil, fmt.Errorf("%w: section name %q", ErrCorrupt, e.name)
		}
		if err := checkShape(e.section); err != nil {
			return nil, err
		}
		r.sections[e.name] = e.section
	}
	if end != len(b) {
		return nil, fmt.Errorf("%w: %d bytes after the last section", ErrCorrupt, len(b)-end)
	}
	return r, nil
}

func checkShape(s section) error {
	size := map[sectionType]int{bytesType: 1, float64Type: 8, int32Type: 4, int64Type: 8, stringsType: 1, float32Type: 4}[s.typ]
	if size == 0 || len(s.data)%size != 0 {
		return fmt.Errorf("%w: section %q has type %d and %d bytes", ErrCorrupt, s.name, s.typ, len(s.data))
	}
	return nil
}

// Within returns the Reader of the sections under prefix and a slash.
func (r *Reader) Within(prefix string) *Reader {
	return &Reader{sections: r.sections, prefix: r.prefix + prefix + "/"}
}

// Has reports whether there is a section of that name.
func (r *Reader) Has(name string) bool {
	_, ok := r.sections[r.prefix+name]
	return ok
}

func (r *Reader) find(name string, typ sectionType) ([]byte, error) {
	s, ok := r.sections[r.prefix+name]
	if !ok {
		return nil, fmt.Errorf("%w: section %q is missing", ErrCorrupt, r.prefix+name)
	}
	if s.typ != typ {
		return nil, fmt.Errorf("%w: section %q has type %d, not %d", ErrCorrupt, r.prefix+name, s.typ, typ)
	}
	return s.data, nil
}

// Bytes reads raw bytes.
func (r *Reader) Bytes(name string) ([]byte, error) {
	b, err := r.find(name, bytesType)
	if err != nil {
		return nil, err
	}
	return append([]byte(nil), b...), nil
}

// Float64s reads numbers.
func (r *Reader) Float64s(name string) ([]float64, error) {
	b, err := r.find(name, float64Type)
	if err != nil {
		return nil, err
	}
	out := make([]float64, len(b)/8)
	for i := range out {
		out[i] = math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:]))
	}
	return out, nil
}

// Float32s reads single-precision numbers.
func (r *Reader) Float32s(name string) ([]float32, error) {
	b, err := r.find(name, float32Type)
	if err != nil {
		return nil, err
	}
	out := make([]float32, len(b)/4)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return out, nil
}

// Int32s reads whole numbers of 32 bits.
func (r *Reader) Int32s(name string) ([]int32, error) {
	b, err := r.find(name, int32Type)
	if err != nil {
		return nil, err
	}
	out := make([]int32, len(b)/4)
	for i := range out {
		out[i] = int32(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return out, nil
}

// Int64s reads whole numbers of 64 bits.
func (r *Reader) Int64s(name string) ([]int64, error) {
	b, err := r.find(name, int64Type)
	if err != nil {
		return nil, err
	}
	out := make([]int64, len(b)/8)
	for i := range out {
		out[i] = int64(binary.LittleEndian.Uint64(b[8*i:]))
	}
	return out, nil
}

// Strings reads texts.
func (r *Reader) Strings(name string) ([]string, error) {
	b, err := r.find(name, stringsType)
	if err != nil {
		return nil, err
	}
	out := []string{}
	for len(b) > 0 {
		if len(b) < 4 || uint64(binary.LittleEndian.Uint32(b)) > uint64(len(b)-4) {
			return nil, fmt.Errorf("%w: section %q ends inside a text", ErrCorrupt, r.prefix+name)
		}
		n := int(binary.LittleEndian.Uint32(b))
		out = append(out, string(b[4:4+n]))
		b = b[4+n:]
	}
	return out, nil
}
