// Package artifact is the envelope in which a trained model is saved: named sections of little-endian numbers, each with its checksum.
//
// It saves the model, not the memory: nothing in it depends on the build, the machine, the time or the user, so equal models are equal bytes.
//
//	offset  size  what
//	0       8     magic "AIBMSMDL"
//	8       4     format version, now 1
//	12      4     number of sections S
//	16      ...   S entries: name length (2), name, type (1), offset (8), length in bytes (8), CRC32C of the section (4)
//	...     4     CRC32C of everything before
//	...     0-7   zero bytes up to a multiple of 8
//	...           the sections in the order of the entries, each starting at a multiple of 8, zero bytes between
//
// Reading checks magic, version, checksums and every size before it allocates; a damaged or hostile file is an error that wraps ErrCorrupt.
package artifact

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"unicode/utf8"
)

// FormatVersion is the version of the envelope that Writer makes.
const FormatVersion = 1

const (
	magic       = "AIBMSMDL"
	maxSections = 1 << 16
	maxName     = 256
)

// ErrCorrupt is returned (wrapped) when bytes are not an artifact, or a damaged one.
var ErrCorrupt = errors.New("artifact is damaged")

// ErrNewer is returned (wrapped) when an artifact was written by a newer format than this build reads.
var ErrNewer = errors.New("artifact has a newer format than this server reads")

type sectionType uint8

const (
	bytesType   sectionType = 1
	float64Type sectionType = 2
	int32Type   sectionType = 3
	int64Type   sectionType = 4
	stringsType sectionType = 5 // each: length (4), bytes
	float32Type sectionType = 6
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

type section struct {
	name string
	typ  sectionType
	data []byte
}

// Writer collects sections. Names are unique; a repeated one is a programming error and panics.
type Writer struct {
	sections *[]section
	prefix   string
}

// NewWriter returns a Writer without sections.
func NewWriter() *Writer { return &Writer{sections: new([]section)} }

// Within returns a Writer to the same artifact whose section names start with prefix and a slash: how a composed model saves its parts.
func (w *Writer) Within(prefix string) *Writer {
	return &Writer{sections: w.sections, prefix: w.prefix + prefix + "/"}
}

func (w *Writer) add(name string, typ sectionType, data []byte) {
	name = w.prefix + name
	if name == "" || len(name) > maxName || !utf8.ValidString(name) {
		panic(fmt.Sprintf("artifact section name %q", name))
	}
	for _, s := range *w.sections {
		if s.name == name {
			panic(fmt.Sprintf("artifact section %q is written twice", name))
		}
	}
	*w.sections = append(*w.sections, section{name, typ, data})
}

// Bytes writes raw bytes.
func (w *Writer) Bytes(name string, v []byte) { w.add(name, bytesType, append([]byte(nil), v...)) }

// Float64s writes numbers, NaN and infinities included.
func (w *Writer) Float64s(name string, v []float64) {
	b := make([]byte, 0, 8*len(v))
	for _, x := range v {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(x))
	}
	w.add(name, float64Type, b)
}

// Float32s writes single-precision numbers.
func (w *Writer) Float32s(name string, v []float32) {
	b := make([]byte, 0, 4*len(v))
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	w.add(name, float32Type, b)
}

// Int32s writes whole numbers of 32 bits.
func (w *Writer) Int32s(name string, v []int32) {
	b := make([]byte, 0, 4*len(v))
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, uint32(x))
	}
	w.add(name, int32Type, b)
}

// Int64s writes whole numbers of 64 bits.
func (w *Writer) Int64s(name string, v []int64) {
	b := make([]byte, 0, 8*len(v))
	for _, x := range v {
		b = binary.LittleEndian.AppendUint64(b, uint64(x))
	}
	w.add(name, int64Type, b)
}

// Strings writes texts.
func (w *Writer) Strings(name string, v []string) {
	var b []byte
	for _, s := range v {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(s)))
		b = append(b, s...)
	}
	w.add(name, stringsType, b)
}

// Encode returns the artifact's bytes.
func (w *Writer) Encode() []byte {
	toc := 16
	for _, s := range *w.sections {
		toc += 2 + len(s.name) + 1 + 8 + 8 + 4
	}
	at := align(toc + 4)
	size := at
	for _, s := range *w.sections {
		size = align(size) + len(s.data)
	}
	out := make([]byte, 0, size)
	out = append(out, magic...)
	out = binary.LittleEndian.AppendUint32(out, FormatVersion)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(*w.sections)))
	for _, s := range *w.sections {
		at = align(at)
		out = binary.LittleEndian.AppendUint16(out, uint16(len(s.name)))
		out = append(out, s.name...)
		out = append(out, byte(s.typ))
		out = binary.LittleEndian.AppendUint64(out, uint64(at))
		out = binary.LittleEndian.AppendUint64(out, uint64(len(s.data)))
		out = binary.LittleEndian.AppendUint32(out, crc32.Checksum(s.data, castagnoli))
		at += len(s.data)
	}
	out = binary.LittleEndian.AppendUint32(out, crc32.Checksum(out, castagnoli))
	for _, s := range *w.sections {
		out = append(out, make([]byte, align(len(out))-len(out))...)
		out = append(out, s.data...)
	}
	return out
}

func align(n int) int { return (n + 7) &^ 7 }
