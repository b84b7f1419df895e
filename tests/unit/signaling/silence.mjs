// Steps of time through the client's Silence and Attempts, which are given by name as JSON; what each step said, as JSON.
const [silenceModule, attemptsModule, steps] = process.argv.slice(2)
const { Silence } = await import(silenceModule)
const { Attempts } = await import(attemptsModule)

const silence = new Silence(0)
const attempts = new Attempts()
const said = JSON.parse(steps).map(([what, value]) => {
  if (what in Silence.prototype) return silence[what](value) ?? null
  const found = attempts[what]
  return typeof found === 'function' ? (found.call(attempts, value) ?? null) : found
})
process.stdout.write(JSON.stringify(said))
