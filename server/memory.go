package server

import (
	"os"
	"strconv"
	"strings"
)

// memoryUnknown is taken for the memory of a machine that does not tell it.
const memoryUnknown = 8 << 30

// trainingMemory is how many bytes one training may hold unless it says otherwise: the configured megabytes, or half of the memory that this process can have.
func trainingMemory(configuredMB int) int64 {
	if configuredMB > 0 {
		return int64(configuredMB) << 20
	}
	return machineMemory(os.ReadFile) / 2
}

// machineMemory is the memory of the machine, or less where a control group bounds this process.
func machineMemory(read func(string) ([]byte, error)) int64 {
	memory := int64(memoryUnknown)
	if b, err := read("/proc/meminfo"); err == nil {
		for line := range strings.Lines(string(b)) {
			fields := strings.Fields(line) // MemTotal: 24683456 kB
			if len(fields) >= 2 && fields[0] == "MemTotal:" {
				if kb, err := strconv.ParseInt(fields[1], 10, 64); err == nil && kb > 0 {
					memory = kb << 10
				}
			}
		}
	}
	for _, file := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		if b, err := read(file); err == nil {
			if bound, err := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64); err == nil && bound > 0 { // "max": none
				memory = min(memory, bound)
			}
		}
	}
	return memory
}
