package support

// Table is what this server speaks.
func Table() []Part {
	return []Part{
		{"Finding each other", finding()},
		{"Signatures and origin", signatures()},
		{"Objects and activities", objects()},
		{"Threads, groups and audiences", threads()},
		{"Servers among themselves", among()},
	}
}

func finding() []Row {
	const discovery = "internal/federation/discovery.go:"
	return []Row{
		{Spec: "RFC 7033", Name: "WebFinger", State: Yes,
			Note:  "`acct:name@host` with or without `acct:` or a leading `@`, the id of an actor, the address of its page, the host. Private accounts answer as if they did not exist",
			Code:  []string{discovery + "webfinger", discovery + "named", "activitypub/fetch/discover.go:WebFinger"},
			Tests: []string{"internal/servers/discover_test.go:TestWebFingerForms", "activitypub/fetch/discover_test.go:TestOR11WebFinger"}},
		{Spec: "RFC 6415", Name: "host-meta", State: Yes, Note: "XRD and JSON; read where WebFinger does not answer",
			Code:  []string{"activitypub/discovery/hostmeta.go:EncodeHostMeta", "activitypub/discovery/hostmeta.go:EncodeHostMetaJSON"},
			Tests: []string{"internal/servers/discover_test.go:TestHostMeta", "activitypub/discovery/discovery_test.go:TestHostMeta"}},
		{Spec: "FEP-f1d5", Name: "NodeInfo", State: Yes, Note: "2.0 and 2.1, without numbers. That of peers is asked for by a job, at most once a week",
			Code:  []string{discovery + "nodeInfo", "internal/servers/software.go:ask"},
			Tests: []string{"internal/servers/discover_test.go:TestNodeInfoTellsNoNumbers", "internal/servers/servers_test.go:TestSoftwareIsLearnt"}},
		{Spec: "FEP-2677", Name: "The Application actor in NodeInfo", State: Yes, Note: "",
			Code:  []string{"activitypub/discovery/nodeinfo.go:EncodeNodeInfoLinks", "activitypub/fetch/discover.go:ApplicationActor"},
			Tests: []string{"internal/servers/discover_test.go:TestFEP2677"}},
		{Spec: "FEP-d556", Name: "Server-level actor by WebFinger", State: Yes, Note: "also as `acct:relay@host`",
			Code:  []string{discovery + "named", "internal/federation/engine.go:Application"},
			Tests: []string{"internal/servers/discover_test.go:TestFEPd556"}},
		{Spec: "FEP-2c59", Name: "`webfinger` on actors", State: Yes, Note: "read before asking, and verified",
			Code:  []string{"internal/account/serve.go:ActorDocument", "internal/federation/resolve.go:handleHost"},
			Tests: []string{"internal/servers/discover_test.go:TestFEP2c59", "internal/federation/documents_test.go:TestOR11ForeignHandles"}},
		{Spec: "FEP-844e", Name: "What a server implements", State: Yes, Note: "said by our actors; read to choose the signature",
			Code:  []string{"internal/account/implements.go:implements", "internal/servers/software.go:Implements", "internal/federation/capabilities.go:declared"},
			Tests: []string{"internal/servers/servers_test.go:TestImplements", "internal/federation/sync_test.go:TestDeclaredSignatures"}},
		{Spec: "FEP-5feb", Name: "`indexable`", State: Yes, Note: "sent as the person chose, and asked by the search of posts of what others chose",
			Code:  []string{"internal/account/serve.go:ActorDocument", "internal/search/posts.go:Statuses"},
			Tests: []string{"internal/search/posts_api_test.go:TestSearchOfPosts"}},
		{Spec: "FEP-67ff", Name: "FEDERATION.md", State: Yes, Note: "this file",
			Code:  []string{"internal/support/support.go:Page"},
			Tests: []string{"internal/support/support_test.go:TestFederationFile"}},
	}
}

func signatures() []Row {
	return []Row{
		{Spec: "draft-cavage-12", Name: "HTTP signatures", State: Yes, Note: "the first try of a delivery, unless the peer is known to speak RFC 9421",
			Code:  []string{"activitypub/sig/verify.go:ParseRequest", "activitypub/fetch/post.go:Post"},
			Tests: []string{"activitypub/sig/sig_test.go:TestSignPost", "activitypub/fetch/fetch_test.go:TestKnocks"}},
		{Spec: "RFC 9421", Name: "HTTP message signatures", State: Yes, Note: "remembered for each server for 30 days",
			Code:  []string{"activitypub/sig/verify.go:ParseRequest", "internal/federation/peers.go:scheme"},
			Tests: []string{"activitypub/sig/rfc9421_test.go:Test9421Appendix", "internal/federation/peers/fedify_test.go:TestFedify"}},
		{Spec: "FEP-fe34", Name: "Origin-based security", State: Yes, Note: "",
			Code:  []string{"activitypub/as/origin.go:CheckActivity", "activitypub/as/origin.go:CheckObject", "activitypub/fetch/document.go:Document"},
			Tests: []string{"activitypub/as/origin_test.go:TestOR03CheckActivity", "internal/federation/hostile_test.go:TestSG08ForeignClaims"}},
		{Spec: "FEP-8b32", Name: "Object integrity proofs", State: Yes, Note: "`eddsa-jcs-2022`, made on our public objects",
			Code:  []string{"activitypub/sig/proof.go:Prove", "activitypub/sig/proof.go:ParseProof"},
			Tests: []string{"activitypub/sig/proof_test.go:TestProofVectors", "internal/federation/proof_test.go:TestOurDocumentsAreProven"}},
		{Spec: "FEP-521a", Name: "Multikey", State: Yes, Note: "",
			Code:  []string{"activitypub/sig/keys.go:ParseMultikey", "internal/account/serve.go:ActorDocument"},
			Tests: []string{"activitypub/sig/keys_test.go:TestMultikey"}},
		{Spec: "Authorised fetch", State: Yes, Note: "always for what is not for everybody; for all of it in allow-list mode",
			Code:  []string{"internal/federation/objects.go:serve", "internal/federation/closing.go:mayAsk"},
			Tests: []string{"internal/federation/documents_test.go:TestPV02SignedGet", "internal/host/wired_test.go:TestFE12"}},
		{Spec: "Linked-data signatures", State: No, Note: "what is forwarded is fetched from its own server instead",
			Tests: []string{"internal/federation/proof_test.go:TestOR13LinkedDataSignatures"}},
	}
}

func objects() []Row {
	return []Row{
		{Spec: "Create, Update, Delete", State: Yes, Note: "of Note, Article, Page, Question, Event, Video, Audio, Image as posts",
			Code:  []string{"internal/post/ap.go:Activities", "internal/post/read.go:read"},
			Tests: []string{"internal/federation/federation_test.go:TestTwoInstancesFederate", "internal/federation/inbox_test.go:TestOR15OneEffect"}},
		{Spec: "Follow, Accept, Reject, Undo, Block", State: Yes, Note: "",
			Code:  []string{"internal/follow/ap.go:onFollow", "internal/follow/ap.go:Activities"},
			Tests: []string{"internal/federation/federation_test.go:TestTwoInstancesFederate", "internal/federation/block_test.go:TestBlockEndsFollows"}},
		{Spec: "Announce, Like", State: Yes, Note: "an Announce never makes a post public that is not",
			Code:  []string{"internal/post/ap.go:Activities"},
			Tests: []string{"internal/federation/announce_test.go:TestAnnouncedForms", "internal/federation/announce_test.go:TestReactions"}},
		{Spec: "FEP-c0e0", Name: "Emoji reactions", State: Partly, Note: "read as what the peer means, not sent",
			Code:  []string{"activitypub/as/meaning.go:Reaction"},
			Tests: []string{"internal/federation/announce_test.go:TestReactions"}},
		{Spec: "FEP-4f05", Name: "Soft deletion", State: Yes, Note: "what was deleted never comes back",
			Code:  []string{"internal/post/ap.go:onDelete", "internal/post/serve.go:tombstone"},
			Tests: []string{"internal/federation/inbox_test.go:TestOR15DeleteBeforeCreate", "internal/federation/forward_test.go:TestForwardedDeletions"}},
		{Spec: "FEP-b2b8", Name: "Long-form text", State: Yes, Note: "title, lead, whole text, picture, and a note in its place for who shows notes only",
			Code:  []string{"internal/post/read.go:read", "internal/post/outgoing.go:previewOf"},
			Tests: []string{"internal/federation/strict_test.go:TestStrictReaders"}},
		{Spec: "FEP-9967", Name: "Polls", State: Yes, Note: "votes go to the author of the poll alone",
			Code:  []string{"internal/poll/ap.go:onVote", "internal/poll/vote.go:send"},
			Tests: []string{"internal/poll/poll_test.go:TestFederation", "internal/poll/poll_test.go:TestVotesFromElsewhere"}},
		{Spec: "FEP-044f", Name: "Quotes with consent", State: Yes, Note: "shown with the consent of the quoted author, who can take it back",
			Code:  []string{"internal/quote/ap.go:Activities", "internal/quote/quote.go:Revoke"},
			Tests: []string{"internal/quote/quote_test.go:TestFederation", "internal/quote/quote_test.go:TestRequestsFromElsewhere"}},
		{Spec: "gotosocial.org/ns", Name: "Interaction policies", State: Yes, Note: "sent; what others do not allow is refused to our people and not sent",
			Code:  []string{"internal/quote/rules.go:Permit"},
			Tests: []string{"internal/quote/quote_test.go:TestRulesOfOthers"}},
		{Spec: "Totals of likes and shares", Name: "(AP 5.7, 5.8)", State: Yes, Note: "of what is for everybody, without saying who; those of others are read, and asked for when a thread is opened",
			Code:  []string{"internal/post/totals.go:serveTotal", "internal/post/totals.go:totals"},
			Tests: []string{"internal/federation/totals_test.go:TestOurTotals", "internal/federation/totals_test.go:TestTheirTotals"}},
		{Spec: "Flag", State: Yes, Note: "in and out, from the server's own actor",
			Code:  []string{"internal/report/ap.go:onFlag"},
			Tests: []string{"internal/report/report_test.go:TestFlagsBetweenServers"}},
		{Spec: "FEP-e232", Name: "Object links", State: Partly, Note: "read for quotes",
			Code: []string{"activitypub/as/read.go:Quote"}},
		{Spec: "FEP-8a8e", Name: "Events", State: Partly, Note: "read as posts with their facts in words",
			Code: []string{"activitypub/as/event.go:ReadEvent", "internal/post/read.go:factsOf"}},
		{Spec: "FEP-7628", Name: "Move", State: Yes, Note: "with `alsoKnownAs` of the new account; followers move along",
			Code:  []string{"internal/follow/move.go:prepareMove"},
			Tests: []string{"internal/federation/move_test.go:TestOR10MoveIn"}},
		{Spec: "FEP-fb2a", Name: "Profile fields", State: Yes, Note: "",
			Code:  []string{"internal/account/serve.go:ActorDocument"},
			Tests: []string{"internal/federation/federation_test.go:TestProfilesTravel"}},
	}
}

func threads() []Row {
	return []Row{
		{Spec: "FEP-1b12", Name: "Group federation", State: Yes,
			Note: "announced activities are read in every form; each server is told in the words it reads; moderators of other servers act; the acts of a group carry `maillage:order`, their time in microseconds, so that they are read in any order",
			Code: []string{"internal/group/send.go:pass", "internal/group/governed.go:onGoverned", "internal/group/moderator.go:onModerator"},
			Tests: []string{"internal/federation/announce_test.go:TestAnnouncedForms", "internal/group/dialect_test.go:TestEachServerIsToldInItsOwnWords",
				"internal/group/dialect_test.go:TestPeopleOfOtherServersWriteAndModerate", "internal/group/interleaving_test.go:TestOneThreadEverywhere",
				"internal/group/remote_test.go:TestAGroupOfAnotherServer"}},
		{Spec: "`Move` of threads", State: Partly, Note: "sent and read with `origin` and `target`, as an announced activity; a `target` in the same group puts two threads together",
			Code:  []string{"internal/group/rearrange.go:governedMove"},
			Tests: []string{"internal/group/rearrange_test.go:TestThreadsMove"}},
		{Spec: "FEP-400e", Name: "Public-appendable collections", State: Partly, Note: "the `target` of a post is read, and an `Add` to the wall of a group",
			Code: []string{"activitypub/as/meaning.go:group", "internal/group/governed.go:onWall"}},
		{Spec: "FEP-7888", Name: "`context`", State: Yes, Note: "",
			Code:  []string{"internal/post/context.go:serveContext"},
			Tests: []string{"internal/federation/thread_test.go:TestContextCollection"}},
		{Spec: "FEP-f228", Name: "Backfilling conversations", State: Yes, Note: "within a budget for each thread",
			Code:  []string{"internal/post/context.go:serveContext"},
			Tests: []string{"internal/federation/thread_test.go:TestThreadIsMadeWhole", "internal/federation/thread_test.go:TestFE05ThreadWithoutEnd"}},
		{Spec: "FEP-7458", Name: "`replies` collections", State: Yes, Note: "",
			Code:  []string{"internal/post/context.go:serveReplies"},
			Tests: []string{"internal/federation/thread_test.go:TestThreadIsMadeWhole"}},
		{Spec: "FEP-8fcf", Name: "Followers synchronisation", State: Yes, Note: "sent with what is for followers alone, and obeyed",
			Code:  []string{"internal/federation/deliver.go:Deliver", "internal/follow/sync.go:SettleFollowers"},
			Tests: []string{"internal/federation/sync_test.go:TestFollowersAreKeptAlike", "internal/federation/sync_test.go:TestFollowersOfOneServer"}},
	}
}

func among() []Row {
	return []Row{
		{Spec: "FEP-ae0c", Name: "Relays", State: Partly,
			Note:  "both styles are joined and left; what a relay announces is fetched from its own server. Whole activities that a relay forwards are looked into like all that is forwarded, and our posts carry no linked-data signature, which some relays ask for",
			Code:  []string{"internal/servers/relay.go:JoinRelay", "internal/servers/relay.go:prepareRelayed"},
			Tests: []string{"internal/servers/relay_test.go:TestRelays"}},
		{Spec: "Rules for servers", State: Yes, Note: "silence, suspend, no media, no reports; lists as Mastodon's; allow-list mode",
			Code:  []string{"internal/host/service.go:Level", "internal/servers/apply.go:Apply"},
			Tests: []string{"internal/servers/servers_test.go:TestOR16", "internal/servers/servers_test.go:TestSilence", "internal/host/host_test.go:TestLists", "internal/host/wired_test.go:TestFE12"}},
		{Spec: "Who holds a copy", State: Yes, Note: "servers that were sent or fetched an object hear of its edits and deletion; its author sees them",
			Code:  []string{"internal/federation/seen.go:wasSeen", "internal/servers/report.go:Copies"},
			Tests: []string{"internal/federation/seen_test.go:TestWhoFetchedIsTold", "internal/servers/servers_test.go:TestDeliveryReport"}},
		{Spec: "Inbox forwarding", Name: "(AP 7.1.2)", State: Partly, Note: "received as a hint, and looked up at its origin; not sent",
			Code:  []string{"internal/federation/forward.go:lookInto"},
			Tests: []string{"internal/federation/forward_test.go:TestOR13ForwardedIsFetched"}},
	}
}
