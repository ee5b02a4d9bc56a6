package picture_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/media/picture"
)

// photo draws something with edges and shades, red at the top left corner.
func photo(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.SetRGBA(x, y, color.RGBA{uint8(x * 255 / w), uint8(y * 255 / h), uint8((x ^ y) & 0x3f), 255})
		}
	}
	for y := range h / 4 {
		for x := range w / 4 {
			img.SetRGBA(x, y, color.RGBA{255, 0, 0, 255})
		}
	}
	return img
}

func asJPEG(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 90}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asPNG(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// exif is a TIFF directory that says how the picture is turned, and where it was taken.
func exif(orientation int, planted string) []byte {
	b := []byte("MM\x00\x2a\x00\x00\x00\x08\x00\x02")
	b = append(b, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, byte(orientation), 0, 0)
	b = append(b, 0x88, 0x25, 0, 2, 0, 0, 0, byte(len(planted)), 0, 0, 0, 38)
	b = append(b, 0, 0, 0, 0)
	return append(b, planted...)
}

// segment is a part of a JPEG.
func segment(marker byte, body []byte) []byte {
	out := []byte{0xff, marker, 0, 0}
	binary.BigEndian.PutUint16(out[2:], uint16(len(body)+2))
	return append(out, body...)
}

// jpegWith puts segments behind the beginning of a JPEG, and a tail behind its end.
func jpegWith(b []byte, tail string, segments ...[]byte) []byte {
	out := append([]byte{}, b[:2]...)
	for _, s := range segments {
		out = append(out, s...)
	}
	return append(append(out, b[2:]...), tail...)
}

func chunk(kind string, body []byte) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	out = append(append(out, kind...), body...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
}

// pngWith puts chunks behind the header of a PNG, and a tail behind its end.
func pngWith(b []byte, tail string, chunks ...[]byte) []byte {
	out := append([]byte{}, b[:33]...)
	for _, c := range chunks {
		out = append(out, c...)
	}
	return append(append(out, b[33:]...), tail...)
}

func asGIF(t testing.TB, frames int, planted string) []byte {
	t.Helper()
	g := &gif.GIF{LoopCount: 3}
	for i := range frames {
		p := image.NewPaletted(image.Rect(0, 0, 40, 30), color.Palette{color.White, color.Black, color.RGBA{200, 0, 0, 255}})
		p.SetColorIndex(i%40, i%30, 2)
		g.Image, g.Delay = append(g.Image, p), append(g.Delay, 10+i)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, g); err != nil {
		t.Fatal(err)
	}
	if planted == "" {
		return b.Bytes()
	}
	// A comment before the end, and something behind it.
	out := append([]byte{}, b.Bytes()[:b.Len()-1]...)
	out = append(out, 0x21, 0xfe, byte(len(planted)))
	out = append(out, planted...)
	return append(append(out, 0, 0x3b), planted...)
}

// TestME01TypeByContent refuses what is no picture, whatever it is called, and
// lets nothing behind a picture through.
//
// Spec: ME1
func TestME01TypeByContent(t *testing.T) {
	for name, b := range map[string]string{
		"svg": `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`, "html": "<!doctype html><script>alert(1)</script>",
		"json-ld": `{"@context":"https://www.w3.org/ns/activitystreams","type":"Note"}`, "empty": "", "short": "\xff\xd8", "pdf": "%PDF-1.7\n",
		"tiff": "II*\x00", "bmp": "BM\x00\x00", "psd": "8BPS", "html before": "<html>" + string(asPNG(t, photo(8, 8))),
	} {
		if _, err := picture.Process([]byte(b), picture.ForPosts); !errors.Is(err, picture.ErrType) && !errors.Is(err, picture.ErrBroken) {
			t.Errorf("%s: %v", name, err)
		}
	}
	tail := "<html><script>PLANTED</script></html>"
	for name, b := range map[string][]byte{"png": pngWith(asPNG(t, photo(50, 40)), tail), "jpeg": jpegWith(asJPEG(t, photo(50, 40)), tail), "gif": asGIF(t, 2, tail)} {
		r, err := picture.Process(b, picture.ForPosts)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if bytes.Contains(r.Bytes, []byte("PLANTED")) || bytes.Contains(r.Small, []byte("PLANTED")) {
			t.Errorf("%s keeps its tail", name)
		}
	}
}

// TestME03NoMetadata plants words in every place that a picture has for them.
//
// Spec: ME3
func TestME03NoMetadata(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 5))
	for range 12 {
		word := make([]byte, 24) // a random word is in no picture by chance
		for i := range word {
			word[i] = byte('A' + rnd.IntN(26))
		}
		w := string(word)
		thumbnail := asJPEG(t, photo(20, 20))
		files := map[string][]byte{
			"jpeg": jpegWith(asJPEG(t, photo(90, 60)), w,
				segment(0xe1, append([]byte("Exif\x00\x00"), append(exif(1, "GPS 45.18N "+w), thumbnail...)...)),
				segment(0xe1, []byte("http://ns.adobe.com/xap/1.0/\x00<x:xmpmeta>"+w+"</x:xmpmeta>")),
				segment(0xed, []byte("Photoshop 3.0\x008BIM\x04\x04"+w)), segment(0xe2, []byte("ICC_PROFILE\x00\x01\x01"+w)),
				segment(0xe0, []byte("JFXX\x00"+w)), segment(0xfe, []byte(w)), segment(0xef, []byte(w))),
			"png": pngWith(asPNG(t, photo(90, 60)), w, chunk("tEXt", []byte("Comment\x00"+w)), chunk("iTXt", []byte("XML:com.adobe.xmp\x00\x00\x00\x00\x00"+w)),
				chunk("eXIf", exif(1, w)), chunk("prVt", []byte(w))),
			"gif":       asGIF(t, 1, w),
			"animation": asGIF(t, 5, w),
		}
		for name, b := range files {
			if !bytes.Contains(b, word) {
				t.Fatalf("%s: nothing was planted", name)
			}
			for _, z := range []picture.Sizes{picture.ForPosts, picture.ForAvatars, picture.ForHeaders, picture.ForEmoji, picture.ForCards} {
				r, err := picture.Process(b, z)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				for _, out := range [][]byte{r.Bytes, r.Small} {
					for _, trace := range []string{w, "Exif", "GPS", "xmpmeta", "ICC_PROFILE", "8BIM", "tEXt", "iTXt", "eXIf"} {
						if bytes.Contains(out, []byte(trace)) {
							t.Errorf("%s keeps %q", name, trace)
						}
					}
				}
			}
		}
	}
}

// TestOrientation turns pictures as their cameras say: the red corner comes to the top left.
func TestOrientation(t *testing.T) {
	upright := photo(80, 40)
	at := func(o int, x, y int) (int, int) { // where a camera that was held so puts a point of the upright picture
		switch o {
		case 2:
			return 79 - x, y
		case 3:
			return 79 - x, 39 - y
		case 4:
			return x, 39 - y
		case 5:
			return y, x
		case 6:
			return y, 79 - x
		case 7:
			return 39 - y, 79 - x
		case 8:
			return 39 - y, x
		}
		return x, y
	}
	for o := 1; o <= 8; o++ {
		w, h := 80, 40
		if o >= 5 {
			w, h = 40, 80
		}
		stored := image.NewRGBA(image.Rect(0, 0, w, h))
		for y := range 40 {
			for x := range 80 {
				sx, sy := at(o, x, y)
				stored.Set(sx, sy, upright.At(x, y))
			}
		}
		for name, b := range map[string][]byte{
			"jpeg": jpegWith(asJPEG(t, stored), "", segment(0xe1, append([]byte("Exif\x00\x00"), exif(o, "x")...))),
			"png":  pngWith(asPNG(t, stored), "", chunk("eXIf", exif(o, "x"))),
		} {
			r, err := picture.Process(b, picture.ForPosts)
			if err != nil {
				t.Fatal(err)
			}
			img, _, err := image.Decode(bytes.NewReader(r.Bytes))
			if err != nil {
				t.Fatal(err)
			}
			if img.Bounds().Dx() != 80 || img.Bounds().Dy() != 40 || r.Width != 80 || r.Height != 40 {
				t.Errorf("%s turned %d: %v, told %d×%d", name, o, img.Bounds(), r.Width, r.Height)
				continue
			}
			for _, p := range []image.Point{{5, 4}, {70, 4}, {5, 35}, {70, 35}} {
				want, got := color.RGBAModel.Convert(upright.At(p.X, p.Y)).(color.RGBA), color.RGBAModel.Convert(img.At(p.X, p.Y)).(color.RGBA)
				if far(want.R, got.R) || far(want.G, got.G) {
					t.Errorf("%s turned %d: at %v %v, want %v", name, o, p, got, want)
				}
			}
		}
	}
}

func far(a, b uint8) bool { return int(a)-int(b) > 40 || int(b)-int(a) > 40 }

// TestME04PixelFloods refuses pictures by their header, at once and in little memory.
//
// Spec: ME4
func TestME04PixelFloods(t *testing.T) {
	header := func(w, h uint32, depth byte) []byte {
		ihdr := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)
		return append([]byte("\x89PNG\r\n\x1a\n"), append(chunk("IHDR", append(ihdr, depth, 2, 0, 0, 0)), chunk("IDAT", bytes.Repeat([]byte{0}, 48<<10))...)...)
	}
	small := asJPEG(t, photo(16, 16))
	flooded := bytes.Clone(small)
	sof := bytes.Index(flooded, []byte{0xff, 0xc0})
	binary.BigEndian.PutUint16(flooded[sof+5:], 20000)
	binary.BigEndian.PutUint16(flooded[sof+7:], 20000)
	progressive := bytes.Clone(small)
	progressive[sof+1] = 0xc2
	progressive[sof+11], progressive[sof+14], progressive[sof+17] = 0x11, 0x11, 0x11 // 4:4:4
	binary.BigEndian.PutUint16(progressive[sof+5:], 6000)
	binary.BigEndian.PutUint16(progressive[sof+7:], 6000)
	// The whole says 16 pixels, the part that is decoded 16383².
	webp := []byte("RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00\x0f\x00\x00\x0f\x00\x00VP8 \x0a\x00\x00\x00\x00\x00\x00\x9d\x01\x2a\xff\x3f\xff\x3f")
	frames := asGIF(t, picture.MaxFrames+1, "")
	for name, b := range map[string][]byte{
		"20000² png": header(20000, 20000, 8), "wide": header(20000, 10, 8), "deep": header(6500, 6500, 16), "20000² jpeg": flooded,
		"progressive": progressive, "webp": webp, "frames": frames,
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		_, err := picture.Process(b, picture.ForPosts)
		runtime.ReadMemStats(&after)
		if !errors.Is(err, picture.ErrSize) {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(start); took > time.Second {
			t.Errorf("%s took %v", name, took)
		}
		if got := after.TotalAlloc - before.TotalAlloc; got > 20<<20 {
			t.Errorf("%s took %d MB", name, got>>20)
		}
	}
}

// TestBrokenFiles cuts and garbles pictures: an error or a picture, never a panic.
func TestBrokenFiles(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, b := range [][]byte{asJPEG(t, photo(60, 40)), asPNG(t, photo(60, 40)), asGIF(t, 3, "x")} {
		for range 150 {
			bad := bytes.Clone(b[:1+rnd.IntN(len(b))])
			for range rnd.IntN(6) {
				bad[rnd.IntN(len(bad))] = byte(rnd.Uint32())
			}
			if r, err := picture.Process(bad, picture.ForEmoji); err == nil && len(r.Bytes) == 0 {
				t.Fatal("nothing, without an error")
			}
		}
	}
}

func TestSizesAndTypes(t *testing.T) {
	clear := photo(300, 200)
	clear.SetRGBA(3, 3, color.RGBA{0, 0, 0, 0})
	for _, c := range []struct {
		name       string
		b          []byte
		z          picture.Sizes
		kind       string
		w, h       int
		smallKind  string
		smallWidth int
	}{
		{"large jpeg", asJPEG(t, photo(3000, 1500)), picture.ForPosts, "image/jpeg", 2560, 1280, "image/jpeg", 640},
		{"small jpeg", asJPEG(t, photo(100, 50)), picture.ForPosts, "image/jpeg", 100, 50, "image/jpeg", 100},
		{"clear png", asPNG(t, clear), picture.ForPosts, "image/png", 300, 200, "image/png", 300},
		{"animation", asGIF(t, 4, ""), picture.ForPosts, "image/gif", 40, 30, "", 40},
		{"avatar", asJPEG(t, photo(900, 500)), picture.ForAvatars, "image/jpeg", 400, 400, "", 0},
		{"small avatar", asPNG(t, photo(90, 50)), picture.ForAvatars, "image/png", 50, 50, "", 0},
		{"header", asJPEG(t, photo(2000, 2000)), picture.ForHeaders, "image/jpeg", 1500, 500, "", 0},
		{"still", asGIF(t, 4, ""), picture.ForAvatars, "image/png", 30, 30, "", 0},
	} {
		r, err := picture.Process(c.b, c.z)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if r.Type != c.kind || r.Width != c.w || r.Height != c.h || r.SmallW != c.smallWidth || c.smallKind != "" && r.SmallType != c.smallKind {
			t.Errorf("%s: %s %d×%d, small %s %d", c.name, r.Type, r.Width, r.Height, r.SmallType, r.SmallW)
		}
		if got := picture.Sniff(r.Bytes); got != r.Type {
			t.Errorf("%s: it is %s and is called %s", c.name, got, r.Type)
		}
		if len(r.Blurhash) < 20 || strings.ContainsAny(r.Blurhash, `<>"`) {
			t.Errorf("%s: blurhash %q", c.name, r.Blurhash)
		}
	}
	g, err := gif.DecodeAll(bytes.NewReader(must(picture.Process(asGIF(t, 4, "x"), picture.ForPosts)).Bytes))
	if err != nil || len(g.Image) != 4 || g.Delay[3] != 13 || g.LoopCount != 3 {
		t.Errorf("the animation has changed: %v", err)
	}
}

func must(r *picture.Result, err error) *picture.Result {
	if err != nil {
		panic(err)
	}
	return r
}

// BenchmarkPhoto makes a Result of a photograph of 12 million pixels.
func BenchmarkPhoto(b *testing.B) {
	file := asJPEG(b, photo(4000, 3000))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := picture.Process(file, picture.ForPosts); err != nil {
			b.Fatal(err)
		}
	}
}
