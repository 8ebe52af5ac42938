/* act copies this folder away from the packages of the repository: the client is loaded from there. */
await import(process.env.CHAOS_ACT_DOWNLOAD)
