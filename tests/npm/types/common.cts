// As `module.mts`, for files that `require`.
import peer = require("peer-support");

peer.define({ files: "/peer-support/" });
