package server_test

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"
)

// BenchmarkPoint compares a prepared point prediction with a prepared SELECT 1 and with the same prediction by the engine, over the network, on 1 and 16 connections. p50-us is the
// median time of one execution in microseconds, as the client sees it.
func BenchmarkPoint(b *testing.B) {
	shop(b)
	for _, s := range []struct {
		name, text string
		slow       bool
		values     []any
	}{
		{"select_1", "SELECT 1", false, nil},
		{"predict", "SELECT PREDICT('one', ?)", false, []any{101.5}},
		{"predict_9", "SELECT PREDICT('bought', ?, ?, ?, ?, ?, ?, ?, ?, ?)", false, []any{101.5, 3, 2.5, "Bern", "gold", "2024-01-02", "2024-01-02 03:04:05", 7, 1}},
		{"predict_from", "SELECT PREDICT('one') FROM visits WHERE id = ?", false, []any{17}},
		{"predict_engine", "SELECT PREDICT('one', ?)", true, []any{101.5}},
		{"predict_from_engine", "SELECT PREDICT('one') FROM visits WHERE id = ?", true, []any{17}},
	} {
		for _, connections := range []int{1, 16} {
			b.Run(fmt.Sprintf("%s/%d", s.name, connections), func(b *testing.B) {
				running.SlowPoints.Store(s.slow)
				defer running.SlowPoints.Store(false)
				var mu sync.Mutex
				var took []time.Duration
				var asking sync.WaitGroup
				statements := make([]*sql.Stmt, connections)
				for i := range statements {
					p, err := connect(b, "root", "shop").PrepareContext(context.Background(), s.text)
					if err != nil {
						b.Fatal(err)
					}
					defer p.Close()
					statements[i] = p
				}
				b.ResetTimer()
				for i, p := range statements {
					asking.Go(func() {
						own := make([]time.Duration, 0, b.N/connections+1)
						for range (b.N + connections - 1 - i) / connections {
							var v any
							start := time.Now()
							if err := p.QueryRow(s.values...).Scan(&v); err != nil {
								b.Error(err)
								return
							}
							own = append(own, time.Since(start))
						}
						mu.Lock()
						took = append(took, own...)
						mu.Unlock()
					})
				}
				asking.Wait()
				b.StopTimer()
				if len(took) > 0 {
					slices.Sort(took)
					b.ReportMetric(float64(took[len(took)/2].Nanoseconds())/1e3, "p50-us")
				}
			})
		}
	}
}
