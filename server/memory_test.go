package server

import (
	"os"
	"testing"
)

func TestMachineMemory(t *testing.T) {
	const meminfo = "MemTotal:       24683456 kB\nMemFree:        16203456 kB\n"
	for _, c := range []struct {
		name  string
		files map[string]string
		want  int64
	}{
		{"a machine", map[string]string{"/proc/meminfo": meminfo, "/sys/fs/cgroup/memory.max": "max\n"}, 24683456 << 10},
		{"a container", map[string]string{"/proc/meminfo": meminfo, "/sys/fs/cgroup/memory.max": "1073741824\n"}, 1 << 30},
		{"an older container", map[string]string{"/proc/meminfo": meminfo, "/sys/fs/cgroup/memory/memory.limit_in_bytes": "2147483648\n"}, 2 << 30},
		{"no bound of an older kernel", map[string]string{"/proc/meminfo": meminfo, "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n"}, 24683456 << 10},
		{"nothing known", nil, memoryUnknown},
		{"nonsense", map[string]string{"/proc/meminfo": "MemTotal: much kB", "/sys/fs/cgroup/memory.max": "-5"}, memoryUnknown},
	} {
		got := machineMemory(func(name string) ([]byte, error) {
			if text, ok := c.files[name]; ok {
				return []byte(text), nil
			}
			return nil, os.ErrNotExist
		})
		if got != c.want {
			t.Errorf("%s: %d bytes, want %d", c.name, got, c.want)
		}
	}
	if got := trainingMemory(512); got != 512<<20 {
		t.Errorf("512 MB are %d bytes", got)
	}
}
