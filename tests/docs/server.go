package docs

import (
	"compress/gzip"
	"context"
	"database/sql"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-sql-driver/mysql"

	"aibms/server"
	"aibms/server/engine"
)

// Shop is the statement that makes the table of the examples: one row a visit to an online shop.
const Shop = `CREATE TABLE shop.online_shoppers (
  visit_id INT PRIMARY KEY,
  administrative INT, administrative_duration DOUBLE, informational INT, informational_duration DOUBLE,
  product_related INT, product_related_duration DOUBLE, bounce_rates DOUBLE, exit_rates DOUBLE,
  page_values DOUBLE, special_day DOUBLE, month VARCHAR(10), operating_systems INT, browser INT, region INT,
  traffic_type INT, visitor_type VARCHAR(30), weekend BOOL, revenue BOOL)`

// Prepare makes a data directory in dir with the database shop and its table online_shoppers, read from the data set's folder under data: what every page starts from.
func Prepare(ctx context.Context, dir, data string) (err error) {
	s, err := Start(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Stop(ctx)) }()
	file, err := os.Open(filepath.Join(data, "online_shoppers", "data.csv.gz"))
	if err != nil {
		return err
	}
	defer file.Close()
	text, err := gzip.NewReader(file)
	if err != nil {
		return err
	}
	records, err := csv.NewReader(text).ReadAll()
	if err != nil {
		return err
	}
	statements := []string{"CREATE DATABASE shop", Shop}
	const batch = 1000
	for lo := 1; lo < len(records); lo += batch {
		var values []string
		for i := lo; i < min(lo+batch, len(records)); i++ {
			r := records[i]
			values = append(values, fmt.Sprintf("(%d,%s,'%s',%s,'%s',%s,%s)", i, strings.Join(r[:10], ","), r[10], strings.Join(r[11:15], ","), r[15], r[16], r[17]))
		}
		statements = append(statements, "INSERT INTO shop.online_shoppers VALUES "+strings.Join(values, ","))
	}
	statements = append(statements, "USE shop", "CALL dolt_commit('-A', '-m', 'visits to an online shop')")
	conn, err := s.connect(ctx, "root")
	if err != nil {
		return err
	}
	defer conn.Close()
	for _, st := range statements {
		if _, err := conn.ExecContext(ctx, st); err != nil {
			return fmt.Errorf("%.80s: %w", st, err)
		}
	}
	return nil
}

// Server is a running server of the examples.
type Server struct {
	server   *server.Server
	pools    []*sql.DB
	sessions map[string]*Session
}

// Start starts a server on a data directory.
func Start(ctx context.Context, dir string) (*Server, error) {
	s, err := server.Start(ctx, engine.Config{DataDir: dir})
	if err != nil {
		return nil, err
	}
	return &Server{server: s, sessions: map[string]*Session{}}, nil
}

// Stop ends the server and its sessions.
func (s *Server) Stop(ctx context.Context) error {
	for _, session := range s.sessions {
		session.conn.Close()
	}
	for _, pool := range s.pools {
		pool.Close()
	}
	return s.server.Stop(ctx)
}

func (s *Server) connect(ctx context.Context, user string) (*sql.Conn, error) {
	pool, err := sql.Open("mysql", fmt.Sprintf("%s@tcp(%s)/?interpolateParams=true", user, s.server.Addr()))
	if err != nil {
		return nil, err
	}
	s.pools = append(s.pools, pool)
	return pool.Conn(ctx)
}

// Session returns the user's session, which stays the same over the blocks of a page: root for "". It begins in the database shop, if the user may use that.
func (s *Server) Session(ctx context.Context, user string) (*Session, error) {
	if user == "" {
		user = "root"
	}
	if session, ok := s.sessions[user]; ok {
		return session, nil
	}
	conn, err := s.connect(ctx, user)
	if err != nil {
		return nil, fmt.Errorf("log in as %s: %w", user, err)
	}
	if _, err := conn.ExecContext(ctx, "USE shop"); err != nil && user == "root" {
		return nil, err
	}
	s.sessions[user] = &Session{conn}
	return s.sessions[user], nil
}

// Run runs the blocks of a page and returns what each prints, and what is wrong: a block that fails and should not, or the other way round. It stops after a hidden block
// that fails.
func (s *Server) Run(ctx context.Context, p *Page) (outputs [][]string, wrong []error) {
	for _, b := range p.Blocks {
		session, err := s.Session(ctx, b.User)
		if err != nil {
			return outputs, append(wrong, fmt.Errorf("%s:%d: %w", p.File, b.Line, err))
		}
		lines, err := session.Run(ctx, b)
		outputs = append(outputs, lines)
		var refused *mysql.MySQLError
		switch {
		case err == nil && b.Errors:
			wrong = append(wrong, fmt.Errorf("%s:%d: the block says that a statement fails, and none does", p.File, b.Line))
		case err != nil && !(b.Errors && errors.As(err, &refused)):
			wrong = append(wrong, fmt.Errorf("%s:%d: %w", p.File, b.Line, err))
			if b.Hidden {
				return outputs, wrong
			}
		}
	}
	return outputs, wrong
}
