package linear

import (
	"errors"
	"fmt"

	"aibms/learners"
)

// finish ends a fit: it passes on the solver's error, refuses coefficients that overflowed, and warns when the solver stopped short of the optimum.
func finish(learner string, env learners.Env, unit string, maxIter int, w []float64, value float64, converged bool, err error) error {
	switch {
	case errors.Is(err, errDiverged):
		return fmt.Errorf("%s: %w", learner, err)
	case err != nil:
		return err
	case !finite(w...) || !finite(value):
		return fmt.Errorf("%s: the numbers overflow; scale the features", learner)
	case !converged:
		env.Warnf("%s did not converge in max_iter = %d %s; raise max_iter or scale the features", learner, maxIter, unit)
	}
	return nil
}
