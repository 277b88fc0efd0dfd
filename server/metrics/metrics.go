// Package metrics counts what a server does, for Prometheus: statements, errors and times as they happen, the rest when somebody asks. It knows no SQL engine.
package metrics

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// State is what a server is at one moment.
type State struct {
	Predictions uint64 // rows predicted since the start

	Sessions, Waiting int // connections that have logged in, and that have not yet
	Accepted          uint64
	Refused           map[string]uint64 // by reason
	Prepared          int64             // prepared statements of all sessions

	Models, Deployed int
	Versions         map[string]int // by status
	Training         int
}

// Metrics counts for one server. Safe for concurrent use.
type Metrics struct {
	registry   *prometheus.Registry
	statements *prometheus.CounterVec
	seconds    *prometheus.HistogramVec
	errors     *prometheus.CounterVec
	kinds      map[string]*kindMetrics // of every kind; never changed

	mu    sync.Mutex
	codes map[uint16]prometheus.Counter
}

// kindMetrics are those of one kind of statement, which are there from its first statement on.
type kindMetrics struct {
	first   sync.Once
	count   prometheus.Counter
	seconds prometheus.Observer
}

// New makes the metrics of a server of a version; state is called for each scrape.
func New(version string, state func() State) *Metrics {
	m := &Metrics{
		registry:   prometheus.NewRegistry(),
		statements: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "aibms_statements_total", Help: "Statements that were run, by kind."}, []string{"kind"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "aibms_statement_seconds", Help: "How long statements took, until their last row was handed to the connection, by kind.",
			Buckets: []float64{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 120},
		}, []string{"kind"}),
		errors: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "aibms_errors_total", Help: "Errors that statements and their preparation ended with, by MySQL's number."}, []string{"code"}),
		kinds:  map[string]*kindMetrics{other: {}},
		codes:  map[uint16]prometheus.Counter{},
	}
	for _, k := range kinds {
		m.kinds[k.plain] = &kindMetrics{}
		if k.model != "" {
			m.kinds[k.model] = &kindMetrics{}
		}
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{Name: "aibms_build_info", Help: "1, with the version of the server as label.", ConstLabels: prometheus.Labels{"version": version}})
	build.Set(1)
	m.registry.MustRegister(m.statements, m.seconds, m.errors, build, stateCollector{state},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Statement counts a statement that was run; code is the number of its error, 0 when it had none.
func (m *Metrics) Statement(query string, took time.Duration, code uint16) {
	kind := Kind(query)
	k := m.kinds[kind]
	k.first.Do(func() { k.count, k.seconds = m.statements.WithLabelValues(kind), m.seconds.WithLabelValues(kind) })
	k.count.Inc()
	k.seconds.Observe(took.Seconds())
	m.Error(code)
}

// maxCodes is how many different numbers of errors are told apart: a SIGNAL may have any.
const maxCodes = 200

// Error counts an error; 0 is none.
func (m *Metrics) Error(code uint16) {
	if code == 0 {
		return
	}
	m.mu.Lock()
	c := m.codes[code]
	if c == nil {
		label := "other"
		if len(m.codes) < maxCodes {
			label = strconv.Itoa(int(code))
		}
		c = m.errors.WithLabelValues(label)
		if label != "other" {
			m.codes[code] = c
		}
	}
	m.mu.Unlock()
	c.Inc()
}

// Handler answers scrapes: GET /metrics and nothing else.
func (m *Metrics) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 10 * time.Second}))
	return mux
}

// stateCollector turns a State into metrics.
type stateCollector struct{ state func() State }

// The metrics of a State.
var (
	predictions = desc("aibms_predictions_total", "Rows that were predicted.")
	sessions    = desc("aibms_connections", "Connections that have logged in.")
	waiting     = desc("aibms_connections_waiting", "Connections that have not logged in yet.")
	accepted    = desc("aibms_connections_accepted_total", "Connections that were accepted from the network.")
	refused     = desc("aibms_connections_refused_total", "Connections that were closed before they became sessions, by reason.", "reason")
	prepared    = desc("aibms_prepared_statements", "Prepared statements that are open, of all sessions.")
	models      = desc("aibms_models", "Models that are declared.")
	deployed    = desc("aibms_models_deployed", "Models with a deployed version.")
	versions    = desc("aibms_model_versions", "Versions of all models, by status.", "status")
	training    = desc("aibms_trainings_running", "Trainings at work.")
)

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

// Describe implements prometheus.Collector.
func (c stateCollector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{predictions, sessions, waiting, accepted, refused, prepared, models, deployed, versions, training} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (c stateCollector) Collect(to chan<- prometheus.Metric) {
	s := c.state()
	send := func(d *prometheus.Desc, kind prometheus.ValueType, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, kind, value, labels...)
	}
	send(predictions, prometheus.CounterValue, float64(s.Predictions))
	send(sessions, prometheus.GaugeValue, float64(s.Sessions))
	send(waiting, prometheus.GaugeValue, float64(s.Waiting))
	send(accepted, prometheus.CounterValue, float64(s.Accepted))
	for reason, n := range s.Refused {
		send(refused, prometheus.CounterValue, float64(n), reason)
	}
	send(prepared, prometheus.GaugeValue, float64(s.Prepared))
	send(models, prometheus.GaugeValue, float64(s.Models))
	send(deployed, prometheus.GaugeValue, float64(s.Deployed))
	for status, n := range s.Versions {
		send(versions, prometheus.GaugeValue, float64(n), status)
	}
	send(training, prometheus.GaugeValue, float64(s.Training))
}
