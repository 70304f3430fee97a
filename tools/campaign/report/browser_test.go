//go:build browser

package report

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// frame shows a page as wide as asked: a headless window is never below 500 pixels. It takes what the page measured, to where --dump-dom
// shows it.
const frame = `<!DOCTYPE html><html><body style="margin: 0"><pre id="measured"></pre>
<script>addEventListener('message', e => document.getElementById('measured').textContent = e.data);</script>
<iframe src="%s" style="border: 0; width: %dpx; height: 1000px"></iframe></body></html>`

// measure is added to a copy of the page, and tells the frame what it sees. Contrast is WCAG 2's.
const measure = `<script>
const light = c => { const v = c.match(/[0-9.]+/g).slice(0, 3).map(x => { x /= 255; return x > 0.03928 ? ((x + 0.055) / 1.055) ** 2.4 : x / 12.92; });
  return 0.2126 * v[0] + 0.7152 * v[1] + 0.0722 * v[2]; };
const back = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if (!/, 0\)$|transparent/.test(c)) return c; } return 'rgb(255,255,255)'; };
const r = {width: innerWidth, page: document.documentElement.scrollWidth, height: document.documentElement.scrollHeight, contrast: 99, worst: '', small: 99, outside: [], empty: 0, drawings: 0};
for (const e of document.querySelectorAll('p, td, th, li, dt, dd, a, caption span, summary, figcaption, pre, h1, h2, h3')) {
  if (!e.innerText) continue;
  const s = getComputedStyle(e), a = light(s.color), b = light(back(e)), c = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  if (c < r.contrast) { r.contrast = c; r.worst = e.tagName + '.' + e.className + ' ' + s.color + ' on ' + back(e); }
  r.small = Math.min(r.small, parseFloat(s.fontSize));
  const box = e.getBoundingClientRect();
  if (box.right > innerWidth + 1 && !e.closest('.scroll')) r.outside.push(e.tagName + ': ' + e.innerText.slice(0, 40));
}
for (const t of document.querySelectorAll('svg.plot text')) r.small = Math.min(r.small, 11.5 * t.getCTM().a);
for (const s of document.querySelectorAll('main svg')) {
  if (s.closest('details')) continue;
  r.drawings++;
  const painted = [...s.querySelectorAll('rect, path')].some(e => { const c = getComputedStyle(e), b = e.getBoundingClientRect();
    return (c.fill !== 'none' || c.stroke !== 'none') && (b.width > 0 || b.height > 0); });
  if (!painted) r.empty++;
}
for (const s of document.querySelectorAll('svg.plot')) { const o = s.getBoundingClientRect();
  for (const e of s.querySelectorAll('text, path, rect')) { const b = e.getBoundingClientRect();
    if (b.left < o.left - 1 || b.right > o.right + 1 || b.top < o.top - 1 || b.bottom > o.bottom + 1) r.outside.push('in a plot: ' + (e.textContent || e.tagName)); } }
parent.postMessage(JSON.stringify(r), '*');
</script></body>`

type measured struct {
	Width, Page, Height int
	Contrast, Small     float64
	Worst               string
	Outside             []string
	Empty, Drawings     int
}

func chromium(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, "chromium", append([]string{"--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--user-data-dir=" + t.TempDir()}, args...)...)
	var noise strings.Builder
	c.Stderr = &noise
	out, err := c.Output()
	if err != nil {
		t.Fatalf("the browser did not run: %v\n%s", err, noise.String())
	}
	return string(out)
}

// TestBrowser looks at the pages on a desk and on a telephone, by day and by night: nothing hangs out, every drawing is painted, all text is large
// enough and stands out.
func TestBrowser(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"one", "many", "bad", "carried", "compare"} {
		var page string
		if name == "compare" {
			var b strings.Builder
			s := samples()
			if err := Compare(New(s["one"]), New(s["bad"])).WriteHTML(&b); err != nil {
				t.Fatal(err)
			}
			page = b.String()
		} else {
			page = string(render(t, name, New(samples()[name])))
		}
		path, probe := filepath.Join(dir, name+".html"), filepath.Join(dir, name+"-probe.html")
		for p, text := range map[string]string{path: page, probe: strings.Replace(page, "</body>", measure, 1)} {
			if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		for _, width := range []int{1280, 390} {
			for scheme, setting := range []string{"dark", "light"} {
				t.Run(fmt.Sprint(name, " ", width, " ", setting), func(t *testing.T) {
					look(t, path, probe, width, scheme)
				})
			}
		}
	}
}

func look(t *testing.T, path, probe string, width, scheme int) {
	view := []string{fmt.Sprintf("--window-size=%d,1000", width), fmt.Sprintf("--blink-settings=preferredColorScheme=%d", scheme)}
	outer := filepath.Join(filepath.Dir(probe), "frame.html")
	if err := os.WriteFile(outer, fmt.Appendf(nil, frame, filepath.Base(probe), width), 0o644); err != nil {
		t.Fatal(err)
	}
	dom := chromium(t, append(view, "--virtual-time-budget=5000", "--dump-dom", "file://"+outer)...)
	_, after, _ := strings.Cut(dom, `<pre id="measured">`)
	text, _, ok := strings.Cut(after, "</pre>")
	var m measured
	if err := json.Unmarshal([]byte(html.UnescapeString(text)), &m); !ok || err != nil {
		t.Fatalf("no measurements: %v: %.200s", err, text)
	}
	t.Logf("%+v", m)
	if m.Width != width || m.Page > width || len(m.Outside) > 0 {
		t.Errorf("%d wide on %d: %q", m.Page, m.Width, m.Outside)
	}
	if m.Drawings < 5 || m.Empty > 0 {
		t.Errorf("%d of %d drawings are empty", m.Empty, m.Drawings)
	}
	if m.Contrast < 4.5 {
		t.Errorf("contrast %.2f of %s: expected 4.5", m.Contrast, m.Worst)
	}
	if m.Small < 9.5 {
		t.Errorf("text of %.1f px", m.Small)
	}
	shot := filepath.Join(t.TempDir(), "shot.png")
	chromium(t, append(view, "--screenshot="+shot, "file://"+path)...)
	f, err := os.Open(shot)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	im, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	colours := map[color.Color]int{}
	for y := range im.Bounds().Dy() {
		for x := range im.Bounds().Dx() {
			colours[im.At(x, y)]++
		}
	}
	corner := color.GrayModel.Convert(im.At(1, 1)).(color.Gray).Y
	if im.Bounds().Dx() != width || len(colours) < 50 || (corner < 60) != (scheme == 0) {
		t.Errorf("a picture %d wide of %d colours, its corner %d", im.Bounds().Dx(), len(colours), corner)
	}
}
