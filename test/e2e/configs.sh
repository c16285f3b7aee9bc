#!/bin/bash
# Config templates are rendered in the task, with its environment, before its command; one that lacks a variable fails the task
# with variable, file and line; and `./bootstrap` in a command of the reference's is there.
. "${MU_SOURCE:?run this with test/run}/test/e2e/e2e.bash"
work_begin configs
cd "$work" || exit 1

cat >app.conf.mustache <<'END'
name = {{TASK_NAME}} index {{POD_INSTANCE_INDEX}} of {{FRAMEWORK_NAME}}
port = {{PORT_HTTP}}
secret = {{PASSWORD}}
{{#node-0-server}}first = yes{{/node-0-server}}
{{^WANTED}}wanted = no{{/WANTED}}
{{#WANTED}}wanted = {{WANTED}}{{/WANTED}}
html = {{{HTML}}} {{HTML}}
END
cat >svc.yml <<'END'
name: team/conf
pods:
  node:
    count: 2
    secrets: {p: {secret: team/password, env-key: PASSWORD}}
    tasks:
      server:
        goal: RUNNING
        cmd: |
          ./bootstrap -verbose -resolve=false --template || exit 1
          ./bootstrap -print-env || exit 1
          ./bootstrap --resolve-hosts $TASK_NAME.$FRAMEWORK_HOST, other.$FRAMEWORK_HOST || exit 1
          ./bootstrap -resolve-hosts=localhost,127.0.0.2 -resolve-timeout 1ms -verbose || exit 1
          ./bootstrap --get-task-ip && cat etc/deep/app.conf && exec sleep 1000
        cpus: 0.05
        memory: 32
        ports: {http: {port: 0, env-key: PORT_HTTP}}
        env: {HTML: '<&>'}
        configs:
          app: {template: app.conf.mustache, dest: etc/deep/app.conf}
END
check "the scheduler starts" scheduler_start --no-tcp
check "a secret is put" sh -c 'printf hidden | muster secret put team/password'
check "the service is deployed" muster service add team/conf -f svc.yml --wait --timeout 60
check "the task's own variables are rendered" eventually printed team/conf node-0-server "name = node-0-server index 0 of team/conf"
check "for each instance its own" eventually printed team/conf node-1-server "name = node-1-server index 1 of team/conf"
check "a section of the task's name" eventually printed team/conf node-0-server "first = yes"
check "which is not there for the other" sh -c '! muster logs team/conf node-1-server --stdout | grep -q "first = yes"'
check "an inverted section" eventually printed team/conf node-0-server "wanted = no"
check "with and without escapes" eventually printed team/conf node-0-server "html = <&> &lt;&amp;&gt;"
check "a secret's variable" eventually printed team/conf node-0-server "secret = hidden"
check "the port is a number" eventually sh -c 'muster logs team/conf node-0-server --stdout | grep -q "^port = [1-9][0-9]*$"'
check "bootstrap tells an address" eventually printed team/conf node-0-server 127.0.0.1
complained() { # TEXT: the task's standard error has it
  muster logs team/conf node-0-server --stderr | grep -qF -- "$1"
}
check "bootstrap waits for the names of others" eventually complained "127.0.0.2 is 127.0.0.2"
check "not for those of tasks, which nobody serves here" complained "node-0-server.teamconf.autoip.dcos.thisdcos.directory is not waited for"
check "it shows the environment" complained "FRAMEWORK_NAME=team/conf"
check "but no password" sh -c 'muster logs team/conf node-0-server --stderr | grep -qxF "PASSWORD=********"'

# What an agent of DC/OS leaves for Java, with a keytool that writes down what it was told.
mkdir -p box/.ssl jre/bin
touch box/.ssl/ca.crt
printf '#!/bin/sh\necho "$*" >>"$0.told"\n' >jre/bin/keytool
chmod +x jre/bin/keytool
ln -s "$MU_BUILD/muster-bootstrap" bootstrap
MESOS_SANDBOX=$PWD/box JAVA_HOME=$PWD/jre ./bootstrap -resolve=false 2>/dev/null
same "the cluster's authority is brought to Java" \
  "-importcert -noprompt -alias dcoscert -keystore $PWD/jre/lib/security/cacerts -file $PWD/box/.ssl/ca.crt -storepass changeit" \
  "$(cat jre/bin/keytool.told)"
MESOS_SANDBOX=$PWD/box JAVA_HOME=$PWD/jre ./bootstrap -resolve=false -install-certs=false 2>/dev/null
same "unless it is not wanted" 1 "$(wc -l <jre/bin/keytool.told)"
cp box/.ssl/ca.crt box/.ssl/ca-bundle.crt
printf '#!/bin/sh\nexit 7\n' >jre/bin/keytool
check "when that fails the task begins all the same" env MESOS_SANDBOX=box JAVA_HOME=jre ./bootstrap -resolve=false
check "an option that bootstrap has not is an error" sh -c './bootstrap -nonsense 2>err; [ $? = 2 ] && grep -q nonsense err'
check "without the task's name nothing can be waited for" sh -c '! env -u TASK_NAME ./bootstrap 2>err && grep -q "TASK_NAME and FRAMEWORK_HOST" err'

printf 'fine = {{TASK_NAME}}\n\nbad = {{NOT_THERE}}\nworse = {{NEITHER}}\n' >app.conf.mustache
sed 's/^name: .*/name: team\/bad/' svc.yml >bad.yml
check "a template that lacks variables is accepted" muster service add team/bad -f bad.yml
check "its task fails with variable, file and line" eventually told team/bad 'etc/deep/app.conf:3'
check "all of them" told team/bad 'NEITHER'
finish
