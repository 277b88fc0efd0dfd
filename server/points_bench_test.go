package server_test

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"testing"
)

// BenchmarkPoint compares a prepared point prediction with a prepared SELECT 1 and with the same prediction by the engine, over the network, on 1 and 16 connections.
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
				statements := make(chan *sql.Stmt, connections)
				for range connections {
					c := connect(b, "root", "shop")
					p, err := c.PrepareContext(context.Background(), s.text)
					if err != nil {
						b.Fatal(err)
					}
					defer p.Close()
					statements <- p
				}
				b.ResetTimer()
				var each sync.WaitGroup
				todo := make(chan struct{}, 1024)
				for range connections {
					each.Add(1)
					go func() {
						defer each.Done()
						p := <-statements
						for range todo {
							var v any
							if err := p.QueryRow(s.values...).Scan(&v); err != nil {
								b.Error(err)
								return
							}
						}
					}()
				}
				for range b.N {
					todo <- struct{}{}
				}
				close(todo)
				each.Wait()
			})
		}
	}
}
