/**
 * The plugin's side: bootstrap, enrol, serve, call, renew, drain.
 *
 * <p>Supported API. A plugin author describes the plugin with {@link dev.tenon.core.Plugin} and
 * calls {@link dev.tenon.core.Plugin#serve()}; {@link dev.tenon.core.Caller} tells who is calling.
 * The rest works behind these two.
 *
 * <pre>{@code
 * public static void main(String[] args) throws Exception {
 *   Plugin.named("greeter").version("1.2.0")
 *       .requires(LogGrpc.SERVICE_NAME, ">=1.0.0")
 *       .provides(GreeterGrpc.SERVICE_NAME, ctx -> new GreeterService(ctx.client(LogGrpc::newBlockingStub)))
 *       .build()
 *       .serve();
 * }
 * }</pre>
 *
 * <p>The program's stdin belongs to the host: its first line brings the plugin's start document,
 * its end means that the host is gone, and then the process ends within a second. What the program
 * writes to stdout and stderr goes to the host's log, line by line, and is never protocol. A
 * runtime other than the host's own may hand over the same document in a file that only its owner
 * can read, named by {@code TENON_BOOTSTRAP=file:PATH}.
 *
 * <p>{@link dev.tenon.sdk.RunningPlugin} is for Tenon's own testing module.
 */
@NullMarked
package dev.tenon.sdk;

import org.jspecify.annotations.NullMarked;
