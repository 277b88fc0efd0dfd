package main

import (
	"os/exec"
	"strconv"
	"strings"

	"aibms/server"
)

// connectByPort is the command with which the command-line client connects over TCP.
func connectByPort(s *server.Server) string {
	host := s.Addr().IP.String()
	if s.Addr().IP.IsUnspecified() {
		host = "127.0.0.1"
	}
	return clientCommand("--host", host, "--port", strconv.Itoa(s.Addr().Port), "--user", "root")
}

// connectBySocket is the same through the unix socket; empty when there is none.
func connectBySocket(s *server.Server) string {
	if s.Socket() == "" {
		return ""
	}
	return clientCommand("--socket", s.Socket(), "--user", "root")
}

// clientCommand is a command line of the client that this machine has, as a shell takes it.
func clientCommand(args ...string) string {
	name := "mysql"
	for _, installed := range []string{"mariadb", "mysql"} {
		if _, err := exec.LookPath(installed); err == nil {
			name = installed
			break
		}
	}
	words := []string{name}
	for _, a := range args {
		if strings.ContainsFunc(a, needsQuotes) {
			a = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
		words = append(words, a)
	}
	return strings.Join(words, " ")
}

func needsQuotes(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:,@+=", r))
}
