package stats

import "math"

// Alpha is what an interval may miss: 5 % of the time.
const Alpha = 0.05

// z is the normal quantile of 1 − Alpha/2.
var z = math.Sqrt2 * math.Erfinv(1-Alpha)

// Interval is a range of shares, within [0, 1].
type Interval struct{ Low, High float64 }

// Wilson is the score interval of k successes in n independent trials; [0, 1] when there are none.
//
// Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).
func Wilson(k, n int) Interval {
	if n <= 0 {
		return Interval{0, 1}
	}
	i := WilsonShare(float64(k)/float64(n), float64(n))
	if k == 0 {
		i.Low = 0 // where rounding leaves 1e-19
	}
	if k == n {
		i.High = 1
	}
	return i
}

// WilsonShare is the score interval of a share p that is as sure as n independent trials make it; n need not be whole (Ratio.Effective).
func WilsonShare(p, n float64) Interval {
	if !(n > 0) {
		return Interval{0, 1}
	}
	zz := z * z
	centre := (p + zz/(2*n)) / (1 + zz/n)
	half := z * math.Sqrt(p*(1-p)/n+zz/(4*n*n)) / (1 + zz/n)
	return Interval{max(0, centre-half), min(1, centre+half)}
}

// ClopperPearson is the interval whose coverage is never below 95 %, whatever the truth; it is wider than Wilson's for that.
//
// Source: C. J. Clopper, E. S. Pearson, "The use of confidence or fiducial limits", Biometrika 26 (1934), by quantiles of the beta
// distribution.
func ClopperPearson(k, n int) Interval {
	i := Interval{0, 1}
	if n <= 0 {
		return i
	}
	if k > 0 {
		i.Low = betaQuantile(Alpha/2, float64(k), float64(n-k+1))
	}
	if k < n {
		i.High = betaQuantile(1-Alpha/2, float64(k+1), float64(n-k))
	}
	return i
}

// Upper is the one-sided bound: with 95 % confidence the share is at most that, after k of n trials. It is exact (Clopper and Pearson's
// upper limit with all of Alpha on its side), and ZeroBound when k is 0.
func Upper(k, n int) float64 {
	switch {
	case n <= 0 || k >= n:
		return 1
	case k <= 0:
		return ZeroBound(n)
	}
	return betaQuantile(1-Alpha, float64(k+1), float64(n-k))
}

// ZeroBound is the largest share with which n trials without a single failure still happen 5 % of the time: 1 − 0.05^(1/n).
func ZeroBound(n int) float64 {
	if n <= 0 {
		return 1
	}
	return -math.Expm1(math.Log(Alpha) / float64(n))
}

// RuleOfThree is what one computes of ZeroBound in the head: 3/n.
//
// Source: J. A. Hanley, A. Lippman-Hand, "If nothing goes wrong, is everything all right?", JAMA 249 (1983).
func RuleOfThree(n int) float64 {
	if n <= 3 {
		return 1
	}
	return 3 / float64(n)
}
