// Package film rewrites sounds and videos with ffmpeg, where it is installed:
// decoded and encoded anew, without a word of what came along.
//
// What holds: the programs get files of one folder and nothing else of the
// machine, no network, the kind of file that its bytes say, and a bound of
// memory, time and size; what comes out has one video and one sound track at
// most, and no metadata, chapters, covers or other files in it.
//
// Spec: ME1, ME3, ME4
package film

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// Types are the types of files that are read.
var Types = []string{"video/mp4", "video/webm", "audio/mpeg", "audio/ogg"}

// The limits.
const (
	MaxVideo = 10 * time.Minute
	MaxAudio = time.Hour
	MaxSide  = 4096
	side     = 1280
	maxOut   = 60 << 20 // bytes
)

// What is wrong with a file.
var (
	ErrBroken = errors.New("film: it cannot be rewritten")
	ErrLong   = errors.New("film: too long or too large")
)

// Tools are the programs.
type Tools struct {
	ffmpeg, ffprobe, shell string
}

// Find looks for the programs, nil when they are not there.
func Find() *Tools {
	var t Tools
	for name, to := range map[string]*string{"ffmpeg": &t.ffmpeg, "ffprobe": &t.ffprobe, "sh": &t.shell} {
		path, err := exec.LookPath(name)
		if err != nil {
			return nil
		}
		*to = path
	}
	return &t
}

// Sniff tells the type of a file by its first bytes, "" when it is none that is read.
func Sniff(b []byte) string {
	switch {
	case len(b) >= 12 && string(b[4:8]) == "ftyp" && !bytes.HasPrefix(b[8:], []byte("avif")) && !bytes.HasPrefix(b[8:], []byte("hei")) && !bytes.HasPrefix(b[8:], []byte("mif1")):
		return "video/mp4"
	case bytes.HasPrefix(b, []byte("\x1a\x45\xdf\xa3")):
		return "video/webm"
	case bytes.HasPrefix(b, []byte("OggS")):
		return "audio/ogg"
	case bytes.HasPrefix(b, []byte("ID3")), len(b) > 2 && b[0] == 0xff && b[1]&0xe6 == 0xe2:
		return "audio/mpeg"
	}
	return ""
}

var demuxers = map[string]string{"video/mp4": "mov", "video/webm": "matroska", "audio/ogg": "ogg", "audio/mpeg": "mp3"}

// Result is a file that may be shown.
type Result struct {
	Type          string // video/mp4, audio/mpeg
	Path          string // in the folder that was given
	Width, Height int    // of a video
	Duration      time.Duration
	Silent        bool   // a video without a sound
	Poster        []byte // PNG of its beginning, of a video
}

type probe struct {
	Streams []struct {
		CodecType   string         `json:"codec_type"`
		Width       int            `json:"width"`
		Height      int            `json:"height"`
		Disposition map[string]int `json:"disposition"`
	} `json:"streams"`
	Format struct {
		Duration string `json:"duration"`
	} `json:"format"`
}

// Rewrite reads src, whose type Sniff told, and writes what may be shown into dir.
func (t *Tools) Rewrite(ctx context.Context, dir, src, kind string) (*Result, error) {
	p, err := t.probe(ctx, dir, src, demuxers[kind])
	if err != nil {
		return nil, err
	}
	seconds, _ := strconv.ParseFloat(p.Format.Duration, 64) // absent in some, then bounded by -t
	out := &Result{Duration: time.Duration(seconds * float64(time.Second))}
	video, audio := false, false
	for _, s := range p.Streams {
		switch {
		case s.CodecType == "video" && s.Disposition["attached_pic"] == 0:
			video = true
			if s.Width > MaxSide || s.Height > MaxSide {
				return nil, ErrLong
			}
		case s.CodecType == "audio":
			audio = true
		}
	}
	args := []string{"-f", demuxers[kind], "-i", src, "-map_metadata", "-1", "-map_chapters", "-1", "-sn", "-dn", "-fflags", "+bitexact", "-threads", "1", "-fs", strconv.Itoa(maxOut)}
	switch {
	case video && out.Duration <= MaxVideo:
		out.Type, out.Path, out.Silent = "video/mp4", filepath.Join(dir, "out.mp4"), !audio
		scale := fmt.Sprintf("scale='min(%d,iw)':'min(%d,ih)':force_original_aspect_ratio=decrease,scale=trunc(iw/2)*2:trunc(ih/2)*2", side, side)
		args = append(args, "-map", "0:V:0", "-map", "0:a:0?", "-vf", scale, "-c:v", "libx264", "-preset", "veryfast", "-crf", "25", "-pix_fmt", "yuv420p",
			"-flags:v", "+bitexact", "-bsf:v", "filter_units=remove_types=6", "-c:a", "aac", "-b:a", "128k", "-ac", "2", "-flags:a", "+bitexact", "-movflags", "+faststart", "-t", secondsOf(MaxVideo))
	case !video && audio && out.Duration <= MaxAudio:
		out.Type, out.Path = "audio/mpeg", filepath.Join(dir, "out.mp3")
		args = append(args, "-vn", "-map", "0:a:0", "-c:a", "libmp3lame", "-q:a", "4", "-flags:a", "+bitexact", "-id3v2_version", "0", "-write_id3v1", "0", "-write_xing", "0", "-t", secondsOf(MaxAudio))
	case video || audio:
		return nil, ErrLong
	default:
		return nil, ErrBroken
	}
	if _, err := t.run(ctx, dir, t.ffmpeg, append(append([]string{"-nostdin", "-v", "error", "-protocol_whitelist", "file"}, args...), out.Path)); err != nil {
		return nil, err
	}
	if info, err := os.Stat(out.Path); err != nil || info.Size() == 0 {
		return nil, ErrBroken
	}
	return out, t.measure(ctx, dir, out)
}

// measure takes the sizes of what was written, and of a video a picture.
func (t *Tools) measure(ctx context.Context, dir string, out *Result) error {
	p, err := t.probe(ctx, dir, out.Path, demuxers[out.Type])
	if err != nil {
		return err
	}
	seconds, _ := strconv.ParseFloat(p.Format.Duration, 64)
	out.Duration = time.Duration(seconds * float64(time.Second))
	if out.Type != "video/mp4" {
		return nil
	}
	for _, s := range p.Streams {
		if s.CodecType == "video" {
			out.Width, out.Height = s.Width, s.Height
		}
	}
	out.Poster, err = t.run(ctx, dir, t.ffmpeg, []string{"-nostdin", "-v", "error", "-protocol_whitelist", "file,pipe", "-f", "mov", "-i", out.Path,
		"-frames:v", "1", "-c:v", "png", "-f", "image2pipe", "-"})
	return err
}

func (t *Tools) probe(ctx context.Context, dir, src, demuxer string) (p probe, err error) {
	b, err := t.run(ctx, dir, t.ffprobe, []string{"-v", "error", "-protocol_whitelist", "file", "-f", demuxer,
		"-show_entries", "format=duration:stream=codec_type,width,height:stream_disposition=attached_pic", "-of", "json", "-i", src})
	if err != nil {
		return p, err
	}
	if err := json.Unmarshal(b, &p); err != nil {
		return p, fmt.Errorf("%w: %w", ErrBroken, err)
	}
	return p, nil
}

func secondsOf(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }

// bounds are memory in KiB, seconds of work, and the size of files in blocks of 512 bytes.
const bounds = `ulimit -v 1572864; ulimit -t 300; ulimit -f 262144; exec nice -n 10 "$@"`

// run runs a program within bounds and gives what it writes.
func (t *Tools) run(ctx context.Context, dir, program string, args []string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, t.shell, append([]string{"-c", bounds, "sh", program}, args...)...)
	cmd.Dir, cmd.Env = dir, []string{"PATH=/usr/bin:/bin", "HOME=" + dir, "LC_ALL=C"}
	cmd.WaitDelay = 5 * time.Second
	var out bytes.Buffer
	cmd.Stdout = &limited{&out, 40 << 20}
	err := cmd.Run()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBroken, err)
	}
	return out.Bytes(), nil
}

// limited refuses to hold more than left bytes.
type limited struct {
	w    io.Writer
	left int
}

func (l *limited) Write(p []byte) (int, error) {
	if l.left -= len(p); l.left < 0 {
		return 0, errors.New("film: too much was written")
	}
	return l.w.Write(p)
}
