package engine

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/mysql_db"
	"github.com/dolthub/vitess/go/mysql"
)

// InternalUser is the account of the server's own sessions, in the manner of MySQL's mysql.session. It is made anew, with a random password and locked, at each
// start, is never stored, and nobody can log in as it.
const (
	InternalUser = "aibms.session"
	internalHost = "localhost"
)

// prepareAccounts creates root@localhost, without a password, when the server starts for the first time, and the internal account always. It refuses to
// listen to other machines while an account has no password.
func (e *Engine) prepareAccounts(ctx context.Context) error {
	db := e.Catalog().MySQLDb
	db.SetPlugins(nil) // no way to log in but by password
	if !db.Enabled() {
		if err := e.firstAccount(ctx); err != nil {
			return err
		}
	}
	if err := e.internalAccount(); err != nil {
		return err
	}
	if !db.Enabled() {
		return errors.New("the table of accounts is not enabled; refusing to start, since anyone could log in")
	}
	open := e.openAccounts()
	if len(open) == 0 || loopback(e.config.Host) {
		return nil
	}
	return fmt.Errorf("refusing to listen on %s: %s no password. Start with --host 127.0.0.1, set one (ALTER USER %s IDENTIFIED BY '...'), then start with --host %s again",
		e.config.Host, subject(open), open[0], e.config.Host)
}

func subject(accounts []string) string {
	if len(accounts) == 1 {
		return "the account " + accounts[0] + " has"
	}
	return "the accounts " + strings.Join(accounts, ", ") + " have"
}

// firstAccount makes root@localhost.
func (e *Engine) firstAccount(ctx context.Context) error {
	sctx, err := e.dolt.NewDefaultContext(ctx)
	if err != nil {
		return err
	}
	defer sql.SessionEnd(sctx.Session)
	db := e.Catalog().MySQLDb
	ed := db.Editor()
	defer ed.Close()
	db.AddSuperUser(ed, "root", "localhost", "")
	return db.Persist(sctx, ed)
}

// internalAccount makes the internal account if it is not there, as it should be.
func (e *Engine) internalAccount() error {
	db := e.Catalog().MySQLDb
	key := mysql_db.UserPrimaryKey{User: InternalUser, Host: internalHost}
	rd := db.Reader()
	u, ok := rd.GetUser(key)
	rd.Close()
	if ok && u.IsSuperUser && u.Locked && u.IsEphemeral {
		return nil
	}
	ed := db.Editor()
	defer ed.Close()
	ed.RemoveUser(key)
	db.AddEphemeralSuperUser(ed, InternalUser, internalHost, rand.Text())
	u = db.GetUser(ed, InternalUser, internalHost, false)
	if u == nil {
		return errors.New("the internal account could not be created")
	}
	u.Locked = true
	ed.PutUser(u)
	return nil
}

// openAccounts are the accounts that anybody can log in to, as user@host in order.
func (e *Engine) openAccounts() []string {
	var open []string
	rd := e.Catalog().MySQLDb.Reader()
	defer rd.Close()
	rd.VisitUsers(func(u *mysql_db.User) {
		if !u.Locked && !u.IsRole && u.AuthString == "" {
			open = append(open, "'"+u.User+"'@'"+u.Host+"'")
		}
	})
	slices.Sort(open)
	return open
}

// admit refuses what loopback-only listening cannot: an account without a password that was made after the start, used from another machine.
func (e *Engine) admit(c *mysql.Conn, client sql.Client) error {
	tcp, ok := c.RemoteAddr().(*net.TCPAddr)
	if !ok || tcp.IP.IsLoopback() {
		return nil
	}
	db := e.Catalog().MySQLDb
	rd := db.Reader()
	defer rd.Close()
	if u := db.GetUser(rd, client.User, client.Address, false); u != nil && u.AuthString != "" {
		return nil
	}
	return mysql.NewSQLError(mysql.ERAccessDeniedError, mysql.SSAccessDeniedError,
		"access denied for user '%s'@'%s': an account without a password can be used on the server's own machine only", client.User, client.Address)
}

// Account names the account that a user from a host logs in to, as user@host, and tells whether it is an administrator's: one with SUPER, by itself or by a role. (CONNECTION_ADMIN cannot be granted.)
func (e *Engine) Account(user, host string) (account string, administrator bool) {
	db := e.Catalog().MySQLDb
	rd := db.Reader()
	defer rd.Close()
	u := db.GetUser(rd, user, host, false)
	if u == nil {
		return user, false
	}
	administrator = u.PrivilegeSet.Has(sql.PrivilegeType_Super)
	for _, edge := range rd.GetToUserRoleEdges(mysql_db.RoleEdgesToKey{ToHost: u.Host, ToUser: u.User}) {
		if role := db.GetUser(rd, edge.FromUser, edge.FromHost, true); role != nil && role.PrivilegeSet.Has(sql.PrivilegeType_Super) {
			administrator = true
		}
	}
	return u.User + "@" + u.Host, administrator
}

// loopback tells whether only this machine can reach what listens on host.
func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
