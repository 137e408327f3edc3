from mmengine.config import read_base

with read_base():
    from .._base_.runtime import *
    from .._base_.schedules.adamw_300e import *

from mmengine.optim import MultiStepLR

optim_wrapper.update(optimizer=dict(lr=4e-3), clip_grad=None)
default_hooks.merge(dict(checkpoint=dict(_delete_=True, interval=10)))
train_cfg.update(max_epochs=100)
param_scheduler = [dict(type=MultiStepLR, milestones=[30, 60, 90], gamma=0.1)]
