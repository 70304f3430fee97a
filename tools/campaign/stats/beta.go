package stats

import "math"

// betaQuantile is the x where the beta distribution's function reaches p; a, b > 0. Bisection: the function is monotone, and 100 halvings
// end at the last bit.
func betaQuantile(p, a, b float64) float64 {
	low, high := 0.0, 1.0
	for range 100 {
		middle := (low + high) / 2
		if middle <= low || middle >= high {
			break
		}
		if betaCDF(middle, a, b) < p {
			low = middle
		} else {
			high = middle
		}
	}
	return (low + high) / 2
}

// betaCDF is the regularized incomplete beta function.
//
// Source: NIST Digital Library of Mathematical Functions, 8.17.22: the continued fraction converges fast below the mean; above it the
// mirrored one does.
func betaCDF(x, a, b float64) float64 {
	if x <= 0 {
		return 0
	}
	if x >= 1 {
		return 1
	}
	la, _ := math.Lgamma(a)
	lb, _ := math.Lgamma(b)
	lab, _ := math.Lgamma(a + b)
	front := math.Exp(lab - la - lb + a*math.Log(x) + b*math.Log1p(-x))
	if x < (a+1)/(a+b+2) {
		return front * betaFraction(x, a, b) / a
	}
	return 1 - front*betaFraction(1-x, b, a)/b
}

// betaFraction is evaluated by Lentz's method. It takes some √max(a, b) turns.
func betaFraction(x, a, b float64) float64 {
	const tiny, turns = 1e-300, 1_000_000
	c, d := 1.0, 1/nonzero(1-(a+b)*x/(a+1), tiny)
	h := d
	for i := 1; i < turns; i++ {
		m := float64(i)
		step := func(k float64) float64 {
			d = 1 / nonzero(1+k*d, tiny)
			c = nonzero(1+k/c, tiny)
			return c * d
		}
		h *= step(m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m)))
		e := step(-(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1)))
		h *= e
		if math.Abs(e-1) < 1e-15 {
			break
		}
	}
	return h
}

func nonzero(v, tiny float64) float64 {
	if math.Abs(v) < tiny {
		return tiny
	}
	return v
}
