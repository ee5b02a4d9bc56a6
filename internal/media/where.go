package media

// some kinds, of any when none is named. Kinds are constants of this package.
func Attached(p string, kinds ...string) string {
	sql := "exists (select 1 from media am where am.post_id = " + p + ".id and am.post_id <> 0 and am.use = 'post'"
	for i, k := range kinds {
		if i == 0 {
			sql += " and am.kind in ("
		} else {
			sql += ", "
		}
		sql += "'" + k + "'"
	}
	if len(kinds) > 0 {
		sql += ")"
	}
	return sql + ")"
}

// Properties are what a search may ask of the files of the post aliased p.
func Properties(p string) map[string]string {
	return map[string]string{
		"media": Attached(p), "image": Attached(p, Image, Gifv), "video": Attached(p, Video, Gifv), "audio": Attached(p, Audio),
	}
}
