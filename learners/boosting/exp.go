package boosting

import "math"

// exp is math.Exp to about 2 units in the last place, and two to three times as fast: exp(x) = 2^(k/128) exp(r) with |r| < ln 2 / 256, the power from a table, and five terms of the
// series (Tang, ACM TOMS 15 (1989)).
func exp(x float64) float64 {
	if !(x > -700 && x < 700) {
		return math.Exp(x)
	}
	const shift = 6755399441055744 // 1.5 * 2^52: adding it rounds to a whole number, in the low bits
	t := float64(x*(128/math.Ln2)) + shift
	k := int32(math.Float64bits(t))
	n := t - shift
	r := x - float64(n*expHigh) - float64(n*expLow)
	q := r + float64(float64(r*r)*(0.5+float64(r*(1.0/6+float64(r*(1.0/24+float64(r*(1.0/120))))))))
	p := expTable[k&127]
	return math.Float64frombits(math.Float64bits(p+float64(p*q)) + uint64(int64(k>>7))<<52)
}

// sigmoids sets p, as long as z, to the sigmoid of each number: the same bits with and without vector instructions.
func sigmoids(p, z []float64) {
	i := 0
	if n := len(z) &^ 3; vectors && n > 0 && sigmoidsAVX(&p[:n][0], &z[0], n, &expTable[0]) {
		i = n
	}
	for ; i < len(z); i++ {
		p[i] = sigmoid(z[i])
	}
}

// expHigh + expLow is ln 2 / 128; n times expHigh is exact.
const (
	expHigh = 0x1.62e42fefap-8
	expLow  = 0x1.cf79abc9e3b3ap-47
)

// expTable holds 2^(i/128).
var expTable = func() (table [128]float64) {
	for i := range table {
		table[i] = math.Exp2(float64(i) / 128)
	}
	return table
}()
