// Package picture makes of a picture that somebody sends what may be shown: the
// pixels, turned the right way up and no larger than needed, and nothing else.
//
// What holds:
//
//   - A file is what its bytes say, never what its name or sender says. JPEG,
//     PNG, GIF and WebP are read; anything else is ErrType.
//   - How large a picture is, and how much memory decoding it takes, is known
//     from its header before it is decoded; one that would take more than the
//     limits is ErrSize.
//   - What comes out was encoded here from pixels: no byte of the file that came
//     in is in it, so no place, no name, no comment, no preview of what was cut
//     away, no other file behind the picture. Colour profiles go too: pixels are
//     taken as sRGB, so pictures of a wider range look a little paler.
//   - Moving GIFs stay GIFs, with the same pictures and pauses. Of other moving
//     pictures the first is kept.
//   - A Pool decodes in a process apart, which the program starts from itself
//     under another name, with nothing but the picture: 512 MiB of memory, 20
//     seconds of work, no files. What takes more is ended and refused, and the
//     server goes on. Where no process can be started pictures are refused too:
//     none is decoded within the server.
//
// Spec: ME1, ME3, ME4
package picture
