package server

import (
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"aibms/catalog"
	"aibms/internal/safego"
	"aibms/server/metrics"
	"aibms/server/wire"
)

// metricsServer answers Prometheus on a port that only this machine can reach. All its methods do nothing on nil.
type metricsServer struct {
	*metrics.Metrics
	listener net.Listener
	server   *http.Server
}

// listenMetrics binds the port; nothing is answered before run.
func listenMetrics(port int, state func() metrics.State) (*metricsServer, error) {
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return nil, fmt.Errorf("cannot listen for metrics: %w; choose another port with --metrics-port", err)
	}
	m := metrics.New(Version, state)
	return &metricsServer{Metrics: m, listener: l, server: &http.Server{
		Handler: m.Handler(), MaxHeaderBytes: 8 << 10,
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 5 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute,
	}}, nil
}

func (m *metricsServer) run() {
	if m != nil {
		safego.Go(func() error { return m.server.Serve(m.listener) }, nil)
	}
}

func (m *metricsServer) stop() {
	if m != nil {
		m.server.Close()
		m.listener.Close() // also when it was never served
	}
}

// state is what the metrics tell of the server; snapshot is nil before the catalog is open.
func (s *Server) state(snapshot *catalog.Snapshot, h *wire.Handler) metrics.State {
	c := h.Connections()
	state := metrics.State{
		Predictions: uint64(s.functions.Predictions.Load()),
		Sessions:    c.Sessions, Waiting: c.Waiting, Accepted: c.Accepted, Prepared: c.Prepared,
		Refused:  map[string]uint64{},
		Versions: map[string]int{},
	}
	for why, n := range c.Refused {
		state.Refused[wire.Refusals[why]] = n
	}
	for _, status := range catalog.Statuses {
		state.Versions[string(status)] = 0
	}
	if snapshot == nil {
		return state
	}
	for _, m := range snapshot.Models("") {
		state.Models++
		if m.Deployed() != 0 {
			state.Deployed++
		}
		for _, v := range m.Versions {
			state.Versions[string(v.Status)]++
		}
	}
	state.Training = state.Versions[string(catalog.Training)]
	return state
}
