x = dict(a=dict(b=1, _delete_=True, c=[dict(d=1)]), n=3)
l = [dict(type='A', k=dict(z=1)), dict(type='B')]
t = (1, dict(q=2))
y = dict(m=1)
