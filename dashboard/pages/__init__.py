"""One module per page. A page is five names; ``dashboard.application.app.PAGES`` lists the modules by hand.

::

    PATH = "/patient/<key>"            # werkzeug rule; several: a tuple. Opaque keys only, never a patient id
    TITLE = "Patient"                  # of the document and of the navigation
    NEEDS = "patients"                 # permission of dashboard.security.roles; without it: not found
    NAVIGATION = None                  # (order, label) to stand in the header's navigation, else None
    STILL = True                       # optional: the document itself shows the page before the scripts have come
    ID = ids_of("patient")

    def layout(request: Request) -> Component: ...
    def connect(app: Dash, context: Context) -> None: ...

``layout`` is called at each navigation. ``request`` (dashboard.web.context.Request) holds ``params`` (variables of
PATH), ``query`` (dict of the address), ``scheme`` ("light" or "dark", give it to the figures), ``user``, ``store``,
``settings`` and ``config``. Return the content of ``<main>``: begin with one ``html.H1``; frame, navigation,
data-up-to line and footer come from the shell. Raise UnknownPatient and the reader gets the not-found page.

``connect`` registers callbacks once. Each is written so::

    @app.callback(Output(ID("chart"), "figure"), Input(ID("scale"), "value"), State(ID("key"), "data"))
    @needs("patients")
    def _redraw(scale: str, key: str) -> dict[str, Any]:
        analysis = context.store.analysis([context.store.patient_of(key)])
        return draw(analysis, {"scale": scale, "scheme": context.scheme})

* ``@needs(permission)`` stands directly above the function, below ``@app.callback``; a test fails without it.
* Annotations are the schema of what the network may send (pydantic, strict): a wrong type answers 400 and never
  reaches the function. Annotate honestly: ``str | None``, ``list[str]``, ``int | None``, ``Any`` where any JSON goes.
* ``context.store`` is always the store *as the current user may see it* (pseudonymised for coordinators, every look
  at a patient written to the audit log): never keep another reference. ``context.user``, ``context.scheme`` likewise.
* State belongs in the address: output a dict of query values to ``Output(ids.ADDRESS, "data", allow_duplicate=True)``
  (with ``prevent_initial_call=True``); it replaces the query without loading the page again.
* Links: ``dcc.Link`` to own routes (``components.frame.patient_href(key)``). Nothing of ``persistence=True``, no
  ``dcc.Store(storage_type=...)`` other than memory, no dcc.Markdown or html from data, no remote address.
* Graphs: ``dcc.Graph(figure=dict, config=theme.graph_config())``; scatter and bar only (plotly is the "basic" one).
* Downloads: a Flask view in the optional ``routes(server, context)`` of the page, decorated with ``@needs``, answering
  ``components.downloads.csv_response(frame, name)`` (formula-safe); or dcc.Download for small ones.
* Errors: raise those of analytics.errors. In a callback UnknownPatient answers 404 and InputError 400 with its text.
"""
