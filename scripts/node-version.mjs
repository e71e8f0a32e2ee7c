// Imported first, in a syntax that a Node too old for the rest understands.
const needed = [20, 19];
const parts = process.versions.node.split('.').map(Number);
if (parts[0] < needed[0] || (parts[0] === needed[0] && parts[1] < needed[1])) {
  process.stderr.write(
    'pinwheel: Node ' +
      needed.join('.') +
      ' or newer is needed, this is ' +
      process.versions.node +
      ' (' +
      process.execPath +
      '); install a newer one from https://nodejs.org\n',
  );
  process.exit(1);
}
