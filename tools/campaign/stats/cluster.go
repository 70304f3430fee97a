package stats

import "math"

// Cluster is what one independent unit gave: Sum of weight × (1 or 0) over the N draws in it. A weight is the chance that a draw of the
// population wanted has of the site, over the chance that the draw made had: 1 when they are the same.
type Cluster struct {
	Sum float64
	N   float64
}

// Ratio is an estimate of a share, from clusters.
type Ratio struct {
	Share     float64
	Interval  Interval
	Variance  float64 // of Share
	Effective float64 // as many independent draws would be as sure
	Design    float64 // draws over Effective: what the clusters and the weights cost (Kish's design effect)
}

// Estimate is the Hansen–Hurwitz estimator (Horvitz and Thompson's, for draws with replacement): Σ Sum / Σ N. It is unbiased for draws with
// weights, as long as the clusters are drawn alike. Its variance is that of the cluster totals around the share, with m/(m − 1); its
// interval is Wilson's with the effective number of draws. most is the largest weight, 1 without weights: where nothing was seen, the
// variance tells nothing, and the bound is most × ZeroBound(clusters).
//
// Source: W. G. Cochran, "Sampling Techniques", 3rd ed., sections 9A.3 and 3.12; L. Kish, "Survey Sampling", section 8.2, for the design effect;
// E. L. Korn, B. I. Graubard, "Confidence intervals for proportions with small expected number of positive counts estimated from
// survey data", Survey Methodology 24 (1998), for an interval by the effective number.
func Estimate(clusters []Cluster, most float64) Ratio {
	var sum, n float64
	m := 0
	for _, c := range clusters {
		if c.N > 0 {
			sum, n, m = sum+c.Sum, n+c.N, m+1
		}
	}
	if m == 0 {
		return Ratio{Interval: Interval{0, 1}}
	}
	r := Ratio{Share: sum / n}
	if m > 1 {
		for _, c := range clusters {
			if c.N > 0 {
				d := (c.Sum - r.Share*c.N) / n
				r.Variance += d * d
			}
		}
		r.Variance *= float64(m) / float64(m-1)
	}
	switch p := min(1, max(0, r.Share)); {
	case sum == 0:
		r.Effective = float64(m)
		r.Interval = Interval{0, min(1, most*ZeroBound(m))}
	case m == 1 || p == 1 || r.Variance < 1e-15*p*p:
		// All clusters agree: no more is known than that they did.
		r.Effective = float64(m)
		r.Interval = WilsonShare(p, r.Effective)
	default:
		r.Effective = p * (1 - p) / r.Variance
		r.Interval = WilsonShare(p, r.Effective)
	}
	r.Interval.Low, r.Interval.High = min(r.Interval.Low, r.Share), math.Max(r.Interval.High, r.Share)
	r.Design = n / r.Effective
	return r
}
