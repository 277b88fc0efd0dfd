package catalog

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Deploy makes a READY version the one that PREDICT answers with. Deploying the deployed version again is an event of its own and changes nothing. The
// error wraps ErrNoModel, ErrNoVersion or ErrNotReady.
func (c *Catalog) Deploy(ctx context.Context, by, database, name string, version int64, reason string) (*Deployment, error) {
	return c.release(ctx, by, database, name, reason, func(m *Model) (Action, int64, error) {
		v, err := m.find(version)
		if err != nil {
			return "", 0, err
		}
		if v.Status != Ready {
			return "", 0, m.notReady(v, "be deployed")
		}
		return ActionDeploy, version, nil
	})
}

// Undeploy leaves a model without a deployed version. The error wraps ErrNoModel or ErrNotDeployed.
func (c *Catalog) Undeploy(ctx context.Context, by, database, name, reason string) (*Deployment, error) {
	return c.release(ctx, by, database, name, reason, func(m *Model) (Action, int64, error) {
		if m.Deployed() == 0 {
			return "", 0, m.notDeployed()
		}
		return ActionUndeploy, 0, nil
	})
}

// Rollback undoes the last deployment: the version before it is deployed again, and a second Rollback goes one step further back. Versions that are not
// READY any more are passed over; after Undeploy it brings back what was deployed before. With to not 0 it goes back to that version, which must have
// been deployed at some time. The error wraps ErrNoModel, ErrNotDeployed (nothing was ever deployed), ErrNoPrevious, ErrNoVersion or ErrNotReady.
func (c *Catalog) Rollback(ctx context.Context, by, database, name string, to int64, reason string) (*Deployment, error) {
	return c.release(ctx, by, database, name, reason, func(m *Model) (Action, int64, error) {
		to, err := m.RollbackTarget(to)
		return ActionRollback, to, err
	})
}

// RollbackTarget is the version that Rollback would deploy, so that it can be tried out before.
func (m *Model) RollbackTarget(to int64) (int64, error) {
	if to == 0 {
		return m.previous()
	}
	return to, m.mayReturnTo(to)
}

// release adds the event that decide chooses.
func (c *Catalog) release(ctx context.Context, by, database, name, reason string, decide func(*Model) (Action, int64, error)) (*Deployment, error) {
	var d *Deployment
	err := c.apply(ctx, func(s *Snapshot) (change, error) {
		old, err := named(database, name)(s)
		if err != nil {
			return change{}, err
		}
		action, version, err := decide(old)
		if err != nil {
			return change{}, err
		}
		d = &Deployment{ID: s.lastEventID + 1, Action: action, Version: version, Previous: old.Deployed(), Reason: clean(reason), By: by, At: c.time()}
		m := *old
		m.Deployments = append(slices.Clone(old.Deployments), d)
		statements := append(insert("model_deployments", deploymentColumns, d.row(&m)),
			Statement{"UPDATE models SET deployed_version = ? WHERE model_id = ?", []any{idOrNull(version), m.ID}})
		return change{d.message(&m), statements, s.with(&m)}, nil
	})
	if err != nil {
		return nil, err
	}
	return d, nil
}

func (d *Deployment) message(m *Model) string {
	text := strings.ToLower(string(d.Action)) + " " + m.SQLName()
	switch d.Action {
	case ActionDeploy:
		text += fmt.Sprintf(" version %d", d.Version)
	case ActionRollback:
		text += fmt.Sprintf(" to version %d", d.Version)
	}
	if d.Previous != 0 {
		text += fmt.Sprintf(" (was %d)", d.Previous)
	}
	return text + because(d.Reason)
}

// returnPath replays the history into the versions that Rollback walks back through: the last is deployed now, 0 stands for none. A rollback takes off
// what it goes back over, so that the version rolled back from does not come again.
func (m *Model) returnPath() []int64 {
	var path []int64
	for _, d := range m.Deployments {
		at := -1
		if d.Action == ActionRollback {
			for at = len(path) - 1; at >= 0 && path[at] != d.Version; at-- {
			}
		}
		switch {
		case at >= 0:
			path = path[:at+1]
		case len(path) == 0 || path[len(path)-1] != d.Version:
			path = append(path, d.Version)
		}
	}
	return path
}

// previous is where Rollback goes.
func (m *Model) previous() (int64, error) {
	path := m.returnPath()
	if len(path) == 0 {
		return 0, m.notDeployed()
	}
	current := m.Deployed()
	for i := len(path) - 2; i >= 0; i-- {
		if v, ok := m.Version(path[i]); ok && v.Status == Ready && v.Number != current {
			return v.Number, nil
		}
	}
	now := "none is deployed now"
	if current != 0 {
		now = fmt.Sprintf("version %d is deployed now", current)
	}
	return 0, faultf(ErrNoPrevious, "model %s has no earlier deployment of a ready version to go back to; %s, and DEPLOY MODEL %s VERSION n deploys any ready version", m.SQLName(), now, m.SQLName())
}

// mayReturnTo says whether a version can be the target of Rollback.
func (m *Model) mayReturnTo(version int64) error {
	v, err := m.find(version)
	if err != nil {
		return err
	}
	if v.Status != Ready {
		return m.notReady(v, "be deployed")
	}
	for _, d := range m.Deployments {
		if d.Version == version {
			return nil
		}
	}
	return faultf(ErrNoPrevious, "version %d of model %s was never deployed, so there is no going back to it; DEPLOY MODEL %s VERSION %d deploys it", version, m.SQLName(), m.SQLName(), version)
}
